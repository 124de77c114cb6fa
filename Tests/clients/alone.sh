# alone.sh: sourced first of all by tests of daemons. The test goes on with a network, processes and /run of its own: nothing of the
# machine's is seen, and nothing outlives the test but control groups.
if [ "${1:-}" != --inside ]; then
    VELOCI_CLIENT_NUMBER=$$ unshare --net --mount --pid --ipc --uts --fork --mount-proc --kill-child --propagation private "$0" --inside & inside=$!
    # unshare itself hears no other signal, and all inside ends with it
    trap 'kill -KILL $inside' INT TERM HUP; wait $inside; exit
fi
mount -t tmpfs -o mode=755 none /run || exit 125
