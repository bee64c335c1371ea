# Redirections and pipes are capabilities in the table of the command.
caps | grep -v thread
caps <&- 2>&1 | grep -v thread
caps 2>&- </dev/zero 5>/run/t >/run/u; grep -v thread </run/u
