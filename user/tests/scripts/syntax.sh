echo before
echo a | | echo b
echo not reached
