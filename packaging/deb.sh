#!/bin/sh
# Makes a Debian package from an executable that was built. Usage: deb.sh VELOCI VERSION FOLDER
# The same executable gives the same bytes: times are those of the release (SOURCE_DATE_EPOCH).
set -eu
cd "$(dirname "$0")/.."
veloci=$1 version=$2 folder=$3
maintainer=${DEBFULLNAME:-veloci maintainers}" <${DEBEMAIL:-maintainers@veloci.example}>"
# The machine that the executable is for, not this one: the ELF header says it.
case $(od -An -tu2 -j18 -N2 "$veloci" | tr -d ' ') in
62) architecture=amd64 ;;
183) architecture=arm64 ;;
*) echo "$veloci is for neither x86-64 nor arm64" >&2; exit 1 ;;
esac
: "${SOURCE_DATE_EPOCH:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree documents=$work/tree/usr/share/doc/veloci
make --no-print-directory install VELOCI="$veloci" DESTDIR="$tree" PREFIX=/usr ZSHDIR=/usr/share/zsh/vendor-completions >/dev/null

mkdir -p "$documents/examples" "$tree/usr/share/lintian/overrides" "$tree/DEBIAN"
cp docs/examples/* docs/schema/* "$documents/examples/"
cp packaging/deb/README.Debian packaging/deb/copyright "$documents/"
gzip -9n <CHANGELOG.md >"$documents/changelog.gz"
# Debian's own changelog: one entry for each release, which upstream's explains.
awk -v maintainer="$maintainer" '/^## [0-9]/ {
    printf "%sveloci (%s-1) unstable; urgency=medium\n\n  * Version %s; changelog.gz says what is new.\n\n -- %s  ", seen++ ? "\n" : "", $2, $2, maintainer
    fflush(); system("LC_ALL=C date -u -d " $4 " \"+%a, %d %b %Y %H:%M:%S +0000\"")
}' CHANGELOG.md | gzip -9n >"$documents/changelog.Debian.gz"
gzip -9n "$tree"/usr/share/man/man*/*
cp packaging/deb/lintian-overrides "$tree/usr/share/lintian/overrides/veloci"
cp packaging/deb/prerm "$tree/DEBIAN/prerm"
find "$tree" -type d -exec chmod 755 {} +
find "$tree" -type f -exec chmod 644 {} +
chmod 755 "$tree/usr/bin/veloci" "$tree/DEBIAN/prerm"

size=$(du -k --apparent-size -s "$tree/usr" | cut -f1)
sed -e "s/@VERSION@/$version-1/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@MAINTAINER@/$maintainer/" packaging/deb/control >"$tree/DEBIAN/control"
(cd "$tree" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$folder"
package=$folder/veloci_$version-1_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package"
