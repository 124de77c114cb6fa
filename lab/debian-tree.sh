#!/bin/bash
# debian-tree.sh [PACKAGE]...: a tar archive of a small Debian root file system with these packages, from the cache. Prints its path.
. "$(dirname "$0")/common.sh"
need flock:util-linux perl:perl
name=$lab_suite; for package in "$@"; do name=$name-$package; done
archive=$lab_cache/tree/$name.tar
[ ! -s "$archive" ] || { echo "$archive"; exit 0; }
lab_lock tree 900
[ ! -s "$archive" ] || { echo "$archive"; exit 0; }
mmdebstrap=$(lab_mmdebstrap); PATH=$(dirname "$mmdebstrap"):$PATH
mode=root; [ "$(id -u)" = 0 ] || { mode=unshare; need newuidmap:uidmap; }
mirror=$(lab_mirror); keyring=$(lab_keyring)
mkdir -p "$lab_cache/tree"
say "Debian tree $name: building"
IFS=,; include="$*"; unset IFS
timeout 600 "$mmdebstrap" --mode=$mode --variant=minbase ${include:+--include="$include"} --keyring="$keyring" "${lab_mmdebstrap_options[@]}" \
    "$lab_suite" "$archive.new.tar" "deb $mirror $lab_suite main" >"$archive.log" 2>&1 </dev/null ||
    { tail -n 15 "$archive.log" >&2; die "Debian tree $name could not be built; the end of its log is above"; }
mv "$archive.new.tar" "$archive"
say "Debian tree $name: ready, $(du -m "$archive" | cut -f1) MiB"
echo "$archive"
