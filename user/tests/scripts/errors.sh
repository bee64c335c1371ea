# What goes wrong is said, and the script goes on.
no-such-program
echo $?
/etc
echo $?
/bin/sh/x
echo $?
'' 
echo $?
/tests/scripts/errors.sh
echo $?
exit one
echo $?
unset 1x
echo $?
shift 3
echo $?
export 1x
