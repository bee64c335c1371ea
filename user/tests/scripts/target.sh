echo before
echo a >
echo not reached
