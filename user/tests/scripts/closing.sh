echo before
)
echo not reached
