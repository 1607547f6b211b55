sleep 0.3 & sleep 0.31 & jobs; wait %1 %2; sleep 0.3 & jobs; wait %1
sleep 0.1 & sleep 0.6 & sleep 0.3; sleep 0.6 & jobs; sleep 0.6 & jobs; wait %2; wait %3; wait %4
sleep 0.1 & sleep 0.3; sleep 0.3 & jobs; wait %2
sleep 0.3 & a=$!; sleep 0.6 & wait $a; sleep 0.6 & jobs; wait %2; jobs; wait %3; sleep 0.3 & jobs %1; wait %1; jobs; jobs %1
sleep 0.2 & sleep 0.4 & sleep 0.6 & wait %1; wait %2; sleep 0.5 & jobs; kill %3; wait %3; wait %4; jobs
sleep 0.5 & kill %1; wait %1; echo $?; sleep 0.3 & jobs; wait %%
sleep 0.1 & sleep 0.3; true; true; jobs; sleep 0.3 & jobs; wait %1
(sleep 0.3 & jobs; wait)
f() { sleep 0.3 & jobs; wait %1; }; f; f
bash -c 'sleep 0.4 & wait %1; sleep 0.3 & jobs; wait %1; echo $?; wait %1; echo $?'
