echo before
echo 'never closed
echo still inside
