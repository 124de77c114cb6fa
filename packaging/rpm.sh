#!/bin/sh
# Makes an RPM package from an executable that was built. Usage: rpm.sh VELOCI VERSION FOLDER
set -eu
cd "$(dirname "$0")/.."
veloci=$(realpath "$1") version=$2 folder=$3
command -v rpmbuild >/dev/null || { echo "rpmbuild is missing; on Debian: apt-get install --no-install-recommends rpm" >&2; exit 1; }
: "${SOURCE_DATE_EPOCH:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rpmbuild -bb --quiet --define "_topdir $work" --define "_buildhost veloci" --define "veloci_version $version" \
    --define "veloci_source $PWD" --define "veloci_executable $veloci" packaging/veloci.spec
mkdir -p "$folder"
find "$work/RPMS" -name '*.rpm' -exec cp {} "$folder/" \; -exec basename {} \; | sed "s,^,$folder/,"
