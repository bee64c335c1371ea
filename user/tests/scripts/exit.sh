exit 42
echo not reached
