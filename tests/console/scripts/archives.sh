mkdir td; cd td; echo a > a; mkdir -p d; echo b > d/b; ln -sf a l
tar cvf x.tar a d l; tar tf x.tar; tar tvf x.tar | cut -c1-30; mkdir ../o; tar xvf x.tar -C ../o; ls ../o ../o/d
tar; echo $?; tar c; echo $?; tar xf nosuch.tar; echo $?; tar cf y.tar nosuch; echo $?; tar czf z.tgz a; tar tzf z.tgz; tar xf x.tar d/b --strip-components=1; ls; tar xf x.tar nosuch; echo $?
tar -cf - a | tar tvf - | cut -c1-30; tar tf a; echo $?; tar --foo; tar xOf x.tar a d/b; tar cf /nosuch/x a; echo $?; tar xf x.tar -C /nosuch; tar cvf - a d >/dev/null; tar cf q.tar $PWD/a; tar tf q.tar | grep -c a$
tar -c -f w.tar --exclude=b d; tar tf w.tar; tar cf w.tar -C d b; tar tf w.tar; tar tzf x.tar; echo $?; tar -xzvf z.tgz -C d; tar tf - < /dev/null; echo $?; tar cf e.tar; tar -xk -f x.tar a; echo $?; tar cfz; echo hi | tar xz; echo $?
tar czf - a d | tar xzf - -C ../o; echo $?; gzip -V >/dev/null 2>&1; tar cf self.tar . ; echo $?; tar tf self.tar | sort | head -3
tar cf - a | cat | tar xvf - -C ../o a; cat ../o/a; tar tf z.tgz; cat z.tgz | tar tf -; echo $?; tar -tf x.tar --wildcards 'd*'; tar y; tar -y; tar xvf x.tar d l; tar cvvf k.tar d | cut -c1-30
