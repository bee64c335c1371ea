# Pipelines.
echo one | cat
echo one | cat | cat | cat | cat | cat | cat | cat | cat | cat
(echo a; echo b; echo c) | grep b
(echo a; echo b) | (cat; echo end)
echo x | wc | cat
echo lost 2>/dev/null | true
false | true; echo $?
true | false; echo $?
cat /dev/zero | true; echo $?
(echo 1; echo 2 >&2; echo 3) 2>&1 | wc
echo through |
    cat
cat </dev/null | wc
