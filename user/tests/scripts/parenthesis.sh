echo before
(echo a
echo b
