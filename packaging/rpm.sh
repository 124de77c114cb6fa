#!/bin/sh
# Makes an RPM package from an executable that was built. Usage: rpm.sh VELOCI VERSION FOLDER
set -eu
cd "$(dirname "$0")/.."
veloci=$(realpath "$1") version=$2 folder=$3
command -v rpmbuild >/dev/null || { echo "rpmbuild is missing; on Debian: apt-get install --no-install-recommends rpm" >&2; exit 1; }
: "${SOURCE_DATE_EPOCH:?}"
# The machine that the executable is for, not this one: the ELF header says it.
case $(od -An -tu2 -j18 -N2 "$veloci" | tr -d ' ') in
62) machine=x86_64 ;;
183) machine=aarch64 ;;
*) echo "$veloci is for neither x86-64 nor arm64" >&2; exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rpmbuild -bb --quiet --target "$machine-linux" --define "_topdir $work" --define "_buildhost veloci" --define "veloci_version $version" \
    --define "veloci_source $PWD" --define "veloci_executable $veloci" packaging/veloci.spec
mkdir -p "$folder"
find "$work/RPMS" -name '*.rpm' -exec cp {} "$folder/" \; -exec basename {} \; | sed "s,^,$folder/,"
