# Variables and what is in them.
echo [$unset] "[$unset]"
a=1 b=2
echo $a$b ${a}x "${b}y" $a-$b
a=$b c=$a$a
echo $a $c
spaced='  x   y  '
echo $spaced.
echo "$spaced".
copied=$spaced
echo "$copied".
equals=a=b=c
echo $equals
empty=
echo "[$empty]" $empty none
unset a
echo "[$a]"
true
echo $?
false
echo $?
/bin/no-such-program
echo $?
exit 7 | true
echo $?
true | exit 7
echo $?
! true
echo $?
! false
echo $?
set -- one 'two words' three
echo $# $1 "$2" $3 "[$4]"
shift
echo $# "$1"
sh -c 'echo $0 $1 "$@"; exit 9' zero 'a  b' c
echo $?
