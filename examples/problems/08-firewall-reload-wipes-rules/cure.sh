# Start Docker again (systemctl restart docker): it writes all its rules when it comes up.
kill $(pgrep -x dockerd)
sleep 1
dockerd > /dev/null 2>&1 &
sleep 2
