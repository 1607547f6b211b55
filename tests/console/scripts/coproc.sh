coproc cat; echo "${COPROC[@]}"; echo hi >&${COPROC[1]}; read x <&${COPROC[0]}; echo "got $x"; kill $COPROC_PID; wait $COPROC_PID 2>/dev/null; echo $?
coproc W { while read l; do echo "<$l>"; done; echo done; }; echo a >&"${W[1]}"; read -u ${W[0]} y; echo $y; exec {W[1]}>&-; cat <&${W[0]}; wait; sleep 0.1; echo ${#W[@]}
coproc tr a-z A-Z; echo abc >&${COPROC[1]}; eval "exec ${COPROC[1]}>&-"; cat <&"${COPROC[0]}"; wait $COPROC_PID; echo $?
coproc { sleep 0.2; exit 3; }; wait $COPROC_PID; echo $?
g() { coproc C { cat; }; }; type g
coproc nosuch_cmd; wait $!; echo $?
coproc X sleep 0.1; wait; echo "${X_PID-unset}"
sleep 0.1
coproc cat; echo one >&${COPROC[1]}; echo two | cat >&${COPROC[1]}; (echo three >&${COPROC[1]}); read a <&${COPROC[0]}; read -t 0.2 b <&${COPROC[0]}; read -t 0.2 c <&${COPROC[0]}; echo $a,$b,$c
kill $COPROC_PID; wait 2>/dev/null
