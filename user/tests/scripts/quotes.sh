# Quotes and backslashes.
x='two  words'
echo 'single  quotes   keep $x and "all"'
echo "double quotes  keep $x"
echo unquoted   blanks    do not $x
echo a\ \ b \$x \\ \' \" \; \| \#
echo 'it'"'"'s' one"word "'in '"three $x"
echo "a\"b\\c\$x"
echo '' "" end
echo a#b "#" '#' # a comment
echo "a
b" 'c
d'
echo contin\
ued
echo "contin\
ued"
echo '\n' "\n"
