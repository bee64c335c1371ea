# Functions and groups.
greet() { echo hello $1 "$2" $#; }
greet; greet a 'b  c'; echo $?
# A body on several lines, of any kind.
count()
{
    for x; do
        [ $x = stop ] && return 7
        echo $x
    done
    false
}
count 1 2; echo $?; count 1 stop 2; echo $?
sub() (cd /tmp; pwd; return 3; echo not)
sub; echo $?; pwd
quiet() { echo said; } >/tmp/functions.txt
quiet; cat /tmp/functions.txt; rm /tmp/functions.txt
# Parameters are the function's, variables the shell's.
set -- outer; inner() { set -- x y z; echo $1 $#; v=set; shift; echo $1; }
inner; echo $1 $# $v
# Redefinition, recursion, definition within.
f() { echo old; }; f() { echo new; f() { echo newer; }; }; f; f
down() { [ $1 = 0 ] && return; echo $1; n=$1; shift; down $@; }
down 3 2 1 0 x; echo $?
deep() { deep; }; deep 2>&1 | head -n 1
# In pipelines, conditions, the background; with redirections and assignments.
yes3() { echo y; echo y; echo y; }
yes3 | wc -l; if count >/dev/null; then echo no; fi; yes3 >/dev/null; count stop || echo $?
yes3 | { cat; echo end; } | wc -l; { echo a; echo b; } >/tmp/g; cat /tmp/g; rm /tmp/g
show() { echo [$A]; sh -c 'echo [$A]'; }; A=1 show; export A; show
greet bg & wait
# A function stands before a builtin, and quoting comes back as it was.
pwd() { echo "it's" 'a "b" $c' \\ "$1"'$1'; }; pwd "q'q"
back() { sleep 0 & { sleep 0 & }; wait; if true & then echo then; fi; }; back
# Mistakes.
return; echo $?
f() { return x; }; f; echo $?
sh -c 'f() echo'; echo $?
sh -c 'f( x'; echo $?
sh -c 'f() {'; echo $?
sh -c '{ }'; echo $?
sh -c '}'; echo $?
sh -c 'if true; then }; fi'; echo $?
sh -c '1f() { x; }'; echo $?
