# What programs get from the shell's variables.
env -i; echo $?
here=no; export there=yes; env | grep ere
there=changed; env | grep ere; sh -c 'echo $there [$here]'
here=now env | grep ere; echo $here
export here; env | grep ere
unset there; env | grep ere
a=1 b=$here sh -c 'echo $a $b'; echo [$a]
a=2 pwd; echo [$a]
export c='two words' d; env | grep "^.="; export | grep "export .="
env x=1 y= sh -c 'echo $x [$y]'; env -i z=1; env -i z=1 /bin/env
env -u; echo $?
env =x; echo $?
env none; echo $?
env /tests; echo $?
export 1x; echo $?
PATH=/none env; echo $?
PATH=/none:/bin; env | grep PATH; PATH=/bin:/run
HOME=/tmp; cd; pwd; pwd >pwd.txt; cat pwd.txt; rm pwd.txt
unset HOME; cd; pwd
long=x; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do long=$long$long; done
export long; env | wc -c >/dev/null; echo $?
export long2=$long long3=$long long4=$long long5=$long; env; unset long2 long3; env | wc -l
