#!/bin/sh
# Follows every link of the documentation's site, and opens every page in a browser, narrow and wide, light and dark: does anything
# overflow, complain, or ask the network; can it be read? Usage: site.sh SITE [PICTURES]
set -u
site=$(realpath "${1:?usage: site.sh SITE [PICTURES]}") pictures=${2:-}
[ -f "$site/index.html" ] || { echo "no site at $site: make docs"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=

# Links and anchors.
cd "$site" || exit 1
grep -oE ' id="[^"]*"' -- *.html | sed 's/: id="/#/; s/"$//' | sort -u >"$work/anchors"
grep -oE '(href|src)="[^"]*"' -- *.html | grep -v '^conformance-report.html' | sed -E 's/:(href|src)="/ /; s/"$//' | sort -u >"$work/links"
while read -r page link; do
    case $link in
    https:*|http:*|mailto:*) continue ;;
    \#*) target=$page$link ;;
    *) target=$link ;;
    esac
    file=${target%%#*}
    if [ ! -e "$file" ]; then echo "$page: no $link"; failed="$failed links"
    elif [ "$file" != "$target" ] && [ "$file" != conformance-report.html ] && ! grep -qxF "$target" "$work/anchors"; then echo "$page: no anchor $link"; failed="$failed links"; fi
done <"$work/links"
echo "$(wc -l <"$work/links") links between $(ls -- *.html | wc -l) pages"
# Every page can be reached.
for page in *.html; do grep -qE " $page(#|$)" "$work/links" || { echo "$page: nobody links to it"; failed="$failed links"; }; done
if grep -lE '(src|href)="https?://[^"]*\.(css|js|png|svg|woff2?)"|<script|@import|url\(' -- *.html style.css | grep -v '^conformance-report.html'; then
    echo "these ask the network, or run something"; failed="$failed external"
fi

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [ -z "$browser" ]; then
    echo "skipped: the pages need a browser: apt-get install chromium"
    [ -z "$failed" ] || exit 1
    exit 0
fi
export HOME="$work"
mkdir "$work/site"
cp -r "$site/." "$work/site"
rm "$work/site/conformance-report.html"
cd "$work/site" || exit 1
for page in *.html; do
    cat >>"$page" <<'SCRIPT'
<script>
"use strict";
addEventListener("load", () => {
  const root = document.documentElement, bad = [];
  if (root.scrollWidth > innerWidth) bad.push(`${root.scrollWidth} of ${innerWidth} pixels: ` + [...document.querySelectorAll("main *")]
    .filter(node => node.getBoundingClientRect().right > innerWidth && !node.closest("pre, .table")).slice(0, 3).map(node => node.outerHTML.slice(0, 80)).join(" "));
  // Of text and what is behind it: at least 4.5 to 1.
  const light = text => { const [r, g, b] = text.match(/[\d.]+/g).map(Number).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = node => { for (; node; node = node.parentElement) { const color = getComputedStyle(node).backgroundColor; if (!/, 0\)$|transparent/.test(color)) return color; } return "rgb(255, 255, 255)"; };
  for (const node of document.querySelectorAll("p, li, h1, h2, h3, code, pre, a[href], th, td, nav a, summary, header span")) {
    if (!node.textContent.trim() || node.className === "anchor") continue;
    const [one, two] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    if ((one + 0.05) / (two + 0.05) < 4.5) { bad.push(`contrast ${((one + 0.05) / (two + 0.05)).toFixed(1)}: ${node.outerHTML.slice(0, 80)}`); break; }
  }
  const outside = document.querySelector("body > :not(header, details, .frame, script), .frame > :not(nav, main)");
  if (outside) bad.push(`outside of the page's frame: ${outside.outerHTML.slice(0, 80)}`);
  if (!document.title || document.querySelectorAll("main h1").length < 1) bad.push("no title");
  parent.postMessage({ bad, dark: matchMedia("(prefers-color-scheme: dark)").matches }, "*");
});
</script>
SCRIPT
done
# A browser's window is never as narrow as a phone, so the pages are in a frame of that size, one after another.
frame() {
    printf '<!doctype html><iframe width="%s" height="%s"></iframe><pre id="told"></pre><script>const pages = [' "${1%,*}" "${1#*,}"
    printf '"%s",' *.html
    cat <<'SCRIPT'
]; let index = 0; const told = [], frame = document.querySelector("iframe");
const next = () => { if (index < pages.length) frame.src = pages[index]; else document.getElementById("told").textContent = told.join("\n"); };
addEventListener("message", event => { told.push(event.data.bad.length ? `BAD ${pages[index]}: ${event.data.bad.join("; ")}` : `good ${pages[index]} ${event.data.dark ? "dark" : "light"}`); index++; next(); });
next();
</script>
SCRIPT
}
look() {
    window=$1
    shift
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
        --host-resolver-rules="MAP * ~NOTFOUND" --enable-logging=stderr --window-size="$window" --user-data-dir="$work/profile" "$@" 2>"$work/log"
}
count=$(ls -- *.html | wc -l)
for size in 390,844 1280,900; do
    frame "$size" >"$work/frame.tmp"
    cp "$work/frame.tmp" "$work/site/frame.htm"
    for theme in light dark; do
        options=
        [ "$theme" = dark ] && options=--blink-settings=preferredColorScheme=0
        # shellcheck disable=SC2086
        look 1400,1000 $options --virtual-time-budget=60000 --dump-dom "file://$work/site/frame.htm" | sed -n '/id="told"/,/<\/pre>/p' | sed 's/<[^>]*>//g' >"$work/told"
        bad=$(grep -c '^BAD' "$work/told")
        good=$(grep -c "^good .* $theme" "$work/told")
        echo "$size $theme: $good pages are well, $bad are not"
        grep '^BAD' "$work/told"
        [ "$bad" = 0 ] && [ "$good" = "$count" ] || failed="$failed $size-$theme"
        [ -z "$pictures" ] || for page in index clients veloci-run.8; do
            # shellcheck disable=SC2086
            look "$([ "$size" = 390,844 ] && echo 500,1000 || echo "$size")" $options --screenshot="$pictures/$page-$size-$theme.png" "file://$site/$page.html" >/dev/null
        done
    done
done
[ -z "$failed" ] || { echo "the site fails: $failed"; exit 1; }
