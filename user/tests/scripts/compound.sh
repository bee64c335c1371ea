# if, while, until and for; patterns of file names; the current directory.
mkdir -p /tmp/compound/inner; cd /tmp/compound; pwd
for i in c a b; do echo $i >file-$i; done
echo file-*; echo "file-*" file-[ab] file-[!ab] fil?-c nothing-* inner/*
echo .* */; touch .hidden inner/x; echo *; echo .h* inn*/?
if [ -f file-a ]; then echo yes; else echo no; fi
if test -f none; then echo A; elif test -f file-b; then echo B; else echo C; fi
if test -f none; then echo A; fi; echo $?
n=; while [ "$n" != xxx ]
do
    n=${n}x
    echo $n
done
until [ $n = xxxx ]; do n=${n}x; done; echo $n
set -- one "two three"
for word; do echo "<$word>"; done
for word in; do echo never; done; echo $?
for f in file-*; do cat $f; done | sort -r
for f in a b; do echo $f; done >out; cat out
(cd inner; pwd); pwd
cd; pwd; cd missing; echo $?
while true; do sh -c 'exit 4'; exit $?; done
