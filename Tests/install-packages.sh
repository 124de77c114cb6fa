#!/bin/sh
# Installs the Debian packages of the given purposes (Tests/packages.txt), if they are missing.
set -eu
list=$(dirname "$0")/packages.txt
missing=
for purpose in "$@"; do
    for package in $(awk -v purpose="$purpose" '$1 == purpose { print $2 }' "$list"); do
        dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
done
if ! command -v swift >/dev/null; then
    echo "Swift 6.3 is missing; see https://www.swift.org/install" >&2
    exit 1
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "these packages are missing:$missing" >&2
    echo "install them with: sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "== installing$missing"
apt-get -qq update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends --yes $missing >/dev/null
