#!/bin/bash
# Runs the executables for arm64 (make build suite ARCH=arm64) on Debian's kernel for arm64, in an emulated machine: Tests/lab/arm64.sh.
# Usage: arm64-machine.sh [VELOCI [OCI-CONFORMANCE]]
set -euo pipefail
cd "$(dirname "$0")/.."
veloci=${1:-.build/arm64/release/veloci}
suite=${2:-.build/arm64-suite/release/oci-conformance}
[ -x "$veloci" ] || { echo "not built: $veloci (make build ARCH=arm64)" >&2; exit 1; }
[ -x "$suite" ] || { echo "not built: $suite (make suite ARCH=arm64)" >&2; exit 1; }
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
install -D -m755 Tests/lab/arm64.sh "$staging/lab/arm64.sh"
KEEP="$staging/lab" Tests/arm64.sh >/dev/null
LAB_ARCHITECTURE=arm64 lab/mini.sh --timeout "${LAB_LIMIT:-600}" --directory "$staging" --program "$veloci:veloci" --program "$suite:oci-conformance" -- \
    sh /lab/arm64.sh /usr/bin/veloci /lab/OCIProbe /usr/bin/oci-conformance
