# The programs that work with files.
mkdir -p /tmp/tools/a/b /tmp/tools/a/b; cd /tmp/tools
mkdir a; mkdir missing/x; mkdir; echo $?
echo hello >a/b/f; cp -r a z; find z; find . -name "f*" -type f; find a -type d
cp a/b/f copy; cp copy copy; cp a b; cp -r a a/b/inside; cp; echo $?
mv copy z; ls z; mv z/copy z/b/f2; ls z/b; mv a z; ls z; mv none x; echo $?
ln z/b/f link; ls -l link; rm z/b/f; cat link; ln z x; echo $?
rm z; rm -r z; rm none; rm -f none; rm -r .; echo $?
mkdir d; rmdir d; rmdir d; rmdir link; echo $?
touch new; ls -l new; touch missing/new; echo $?
echo 3 >n; echo 10 >>n; echo 3 >>n; echo 9 | tee -a n >/dev/null
sort n; sort -n n; sort -rn n; sort -u n; sort n | uniq -c; uniq n
head -n 2 n; tail -n 1 n; head -n x n; cat n | head -n 1; tail -n 2 <n
od -c n; od -x link; hexdump n
[ 1 -lt 2 ] && echo less; [ a = b ] || echo differ; test ! -d n && echo file; [ -s new ] || echo empty
[ 1 -lt x ]; echo $?; [ a; echo $?; test; echo $?
df /missing; echo $?; sync; date -x; echo $?
date -s >now; [ -s now ] && echo time
cd /; rm -r /tmp/tools; ls /tmp/tools; echo $?
