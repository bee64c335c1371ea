# Files in and out.
echo first >/run/t
cat /run/t
cat </run/t
echo second >>/run/t
cat /run/t
echo third >/run/t
cat /run/t
>/run/t
wc </run/t
echo both >/run/t 2>&1; cat /run/t
ls /no-such-directory 2>/run/t; echo $?
wc </run/t
(echo out; echo err >&2) >/run/t 2>/run/u; cat /run/t; cat /run/u
echo x >/run/t >/run/u; cat /run/t; echo -; cat /run/u
cat </no-such-file; echo $?
echo x >/no-such-directory/x; echo $?
echo x >/bin; echo $?
(cat; cat) </run/u
echo visible >&1
echo invisible >&-
echo $?
echo to error >&2
echo 2>/run/t; cat /run/t
echo a 3>/run/t >&3; cat /run/t
grep -c x /run/t
echo in a builtin >/run/t; exit 300 2>>/run/t; wc </run/t
