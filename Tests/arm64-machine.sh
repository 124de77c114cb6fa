#!/bin/bash
# Runs the executable for arm64 (make build ARCH=arm64) on Debian's kernel for arm64, in an emulated machine: Tests/lab/arm64.sh.
# Usage: arm64-machine.sh [VELOCI]
set -euo pipefail
cd "$(dirname "$0")/.."
veloci=${1:-.build/arm64/release/veloci}
[ -x "$veloci" ] || { echo "not built: $veloci (make build ARCH=arm64)" >&2; exit 1; }
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
install -D -m755 Tests/lab/arm64.sh "$staging/lab/arm64.sh"
KEEP="$staging/lab" Tests/arm64.sh >/dev/null
LAB_ARCHITECTURE=arm64 lab/mini.sh --timeout "${LAB_LIMIT:-600}" --directory "$staging" --program "$veloci:veloci" -- \
    sh /lab/arm64.sh /usr/bin/veloci /lab/OCIProbe
