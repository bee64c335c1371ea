# ; && || ! and parentheses.
echo a; echo b ;echo c
true && echo yes
false && echo no
false || echo yes
true || echo no
true && false || echo third
false || true && echo fourth
true &&
    echo on the next line
(echo in; echo parentheses)
(false) || echo status of parentheses
(exit 5); echo $?
x=outer
(x=inner; echo $x)
echo $x
(echo a; (echo b; echo c) | cat; echo d) | wc
(
    echo several
    echo lines
)
! (exit 3) && echo negated
! ! true && echo twice
false; echo $?
