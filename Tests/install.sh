#!/bin/sh
# What make install, uninstall, deb, rpm and tarball do with an executable that was built. Usage: install.sh VELOCI
# A Swift that fails stands in for the compiler: nothing may be built, and nothing fetched.
set -u
cd "$(dirname "$0")/.."
veloci=$(realpath "${1:?usage: install.sh VELOCI}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 passed=0
try() { name=$1; shift; if "$@" >"$work/log" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok - $name"; tail -n 8 "$work/log" | sed 's/^/#   /'; fi; }
quiet_make() { make --no-print-directory SWIFT=false VELOCI="$veloci" "$@"; }
files() { (cd "$1" && find . ! -type d | LC_ALL=C sort); }
same() { cmp "$1" "$2"; }

try "install" quiet_make install DESTDIR="$work/one"
{
    echo ./usr/local/bin/veloci
    echo ./usr/local/share/bash-completion/completions/veloci
    echo ./usr/local/share/fish/vendor_completions.d/veloci.fish
    echo ./usr/local/share/zsh/site-functions/_veloci
    for page in packaging/man/veloci*; do echo "./usr/local/share/man/man${page##*.}/${page##*/}"; done
} | LC_ALL=C sort >"$work/wanted"
files "$work/one" >"$work/found"
try "it installs the executable, each page and three completions, and nothing else" diff "$work/wanted" "$work/found"
try "the executable is the one that was built" same "$veloci" "$work/one/usr/local/bin/veloci"
try "uninstall" quiet_make uninstall DESTDIR="$work/one"
try "nothing is left" test -z "$(files "$work/one")"
try "install elsewhere" quiet_make install DESTDIR="$work/two" PREFIX=/opt/v BINDIR=/opt/v/sbin MANDIR=/opt/man
try "BINDIR" test -x "$work/two/opt/v/sbin/veloci"
try "MANDIR" test -e "$work/two/opt/man/man8/veloci-run.8"
try "uninstall elsewhere" quiet_make uninstall DESTDIR="$work/two" PREFIX=/opt/v BINDIR=/opt/v/sbin MANDIR=/opt/man
try "nothing is left there" test -z "$(files "$work/two")"
for kind in tarball deb rpm; do
    if [ $kind = rpm ] && ! command -v rpmbuild >/dev/null; then echo "skipped: rpm: rpmbuild is not installed"; continue; fi
    if [ $kind = deb ] && ! command -v dpkg-deb >/dev/null; then echo "skipped: deb: dpkg-deb is not installed"; continue; fi
    try $kind quiet_make $kind PACKAGES="$work/first"
    sleep 1
    try "$kind again" quiet_make $kind PACKAGES="$work/second"
done
for package in "$work/first"/*; do try "${package##*/}: the same bytes twice" same "$package" "$work/second/${package##*/}"; done
check_sum() { (cd "$work/first" && sha256sum --check --quiet -- *.sha256); }
try "the tarball's checksum" check_sum
unpacked() { mkdir "$work/unpacked" && tar xzf "$work/first"/veloci-*.tar.gz --strip-components=1 -C "$work/unpacked" && "$work/unpacked/bin/veloci" --version && test -e "$work/unpacked/share/man/man8/veloci.8"; }
try "the tarball runs where it is unpacked" unpacked
# What a package is for is read from the executable: here one that says that it is of arm64.
cp "$veloci" "$work/arm64" && printf '\267' | dd of="$work/arm64" bs=1 seek=18 conv=notrunc 2>/dev/null
for kind in tarball deb rpm; do
    if [ $kind = rpm ] && ! command -v rpmbuild >/dev/null; then continue; fi
    if [ $kind = deb ] && ! command -v dpkg-deb >/dev/null; then continue; fi
    try "$kind for arm64" make --no-print-directory SWIFT=false VELOCI="$work/arm64" $kind PACKAGES="$work/other"
done
for package in "$work/other"/*; do
    case $package in *aarch64* | *arm64*) passed=$((passed + 1)) ;; *) failed=$((failed + 1)); echo "not ok - the name of $package" ;; esac
done
for package in "$work/other"/*.deb; do try "its control file" sh -c "dpkg-deb --field '$package' Architecture | grep -x arm64"; done
for package in "$work/other"/*.rpm; do [ ! -e "$package" ] || try "its header" sh -c "rpm -qp --queryformat '%{ARCH}\n' '$package' | grep -x aarch64"; done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
