# Background jobs.
(sleep 0; echo late >/run/t) &
wait
cat /run/t
sleep 1000 &
kill $!
wait $!
echo $?
(exit 3) &
wait $!
echo $?
(exit 1) & (exit 2) &
wait
echo $?
wait 99999
echo $?
echo done &
wait; echo after
cat <&0 &
wait $!; echo $?
