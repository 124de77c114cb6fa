#!/bin/sh
# Opens the conformance report in a browser, narrow and wide, light and dark, and drives it: does the matrix have its rows, does a
# case open down to what was seen, does anything overflow, complain, or ask the network? Usage: report.sh [REPORT [PICTURES]]
set -u
cd "$(dirname "$0")/.."
report=$(realpath "${1:-conformance/results/conformance.html}") && [ -f "$report" ] || { echo "no report $1"; exit 1; }
pictures=${2:-}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [ -z "$browser" ]; then
    echo "skipped: the report needs a browser: apt-get install chromium"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"

# The page with a script behind it that does what a reader does and writes down what came of it.
page="$work/report.html"
sed '$d' "$report" | sed '$d' >"$page"
cat >>"$page" <<'SCRIPT'
<script>
"use strict";
const told = [], tell = (name, good, seen) => told.push(`${good ? "good" : "BAD"} ${name}: ${seen}`);
const complaints = [];
addEventListener("error", event => complaints.push(event.message));
addEventListener("unhandledrejection", event => complaints.push(String(event.reason)));
document.addEventListener("securitypolicyviolation", event => complaints.push("refused " + event.blockedURI));
const fits = name => tell(name, document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth,
  `${document.documentElement.scrollWidth} of ${innerWidth} pixels`);
const one = selector => document.querySelector(selector), all = selector => [...document.querySelectorAll(selector)];
const columns = () => all("#matrix thead th").slice(1).map(node => node.textContent);

tell("size", innerWidth === 390 || innerWidth === 1280, innerWidth);
fits("width");
const sections = new Set(data.cases.map(test => test.section));
tell("columns are runtimes", columns().join() === data.runtimes.map(runtime => runtime.name).join(), columns());
tell("a card for each runtime", all(".card").length === data.runtimes.length, all(".card").length);
tell("rows are sections", all("tr.section").length === sections.size && sections.size > 50, all("tr.section").length);
tell("cells", all("tr.section td").length === sections.size * data.runtimes.length, all("tr.section td").length);
tell("numbers are readable", all(".cell span").every(node => node.scrollWidth <= node.clientWidth + 1), all(".cell span").length);

const name = data.runtimes.at(-1).name;
const failed = data.cases.find(test => test.results[name].result === "failed");
one(`tr.section[data-section="${failed.section}"] button`).click();
tell("a section opens", all("details.case").length === data.cases.filter(test => test.section === failed.section).length,
  all("details.case").length);
const opened = document.getElementById(failed.id);
opened.open = true;
setTimeout(() => {
  const box = [...opened.querySelectorAll(".outcome")].find(node => node.textContent.startsWith(name));
  const text = box ? box.textContent : "";
  tell("a case tells what was expected", text.includes(failed.results[name].expected), failed.results[name].expected);
  tell("a case tells what was seen", text.includes(failed.results[name].seen), failed.results[name].seen);
  tell("a case has commands", box && box.querySelector(".commands pre").textContent.includes("create"), failed.id);
  tell("a case has its config", box && box.querySelector(".config pre").textContent.includes("ociVersion"), failed.id);
  tell("a case has its rules", opened.querySelectorAll(".rules li").length > 0, opened.querySelectorAll(".rules li").length);
  for (const more of opened.querySelectorAll("details")) more.open = true;
  fits("width of an open case");

  const search = one("#search"), enter = (id, value) => {
    document.getElementById(id).value = value;
    document.getElementById(id).dispatchEvent(new Event("input"));
  };
  enter("search", failed.id);
  tell("search finds a case", parseInt(one("tr.total th").textContent) < 10, one("tr.total th").textContent);
  enter("search", "no such thing anywhere");
  tell("search finds nothing", all("tr.section").length === 0 && all(".none").length === 1, all("tr.section").length);
  enter("search", "");
  enter("show", "differ");
  // One runtime does not differ from itself.
  const most = data.runtimes.length > 1 ? sections.size - 1 : 0, least = Math.min(1, most), shown = all("tr.section").length;
  tell("filter", shown >= least && shown <= most, shown);
  fits("width of a filtered matrix");
  enter("show", "");
  tell("rules without a case have reasons", all("#reasons dt").length === data.rules.filter(rule => rule.reason).length, all("#reasons dt").length);
  const asked = performance.getEntriesByType("resource").map(entry => entry.name).filter(name => !name.startsWith("data:"));
  tell("nothing is asked of the network", asked.length === 0, asked);
  tell("no complaints", complaints.length === 0, complaints);
  parent.postMessage(told.join("\n"), "*");
}, 100);
</script>
</body>
</html>
SCRIPT

# A browser's window is never as narrow as a phone, so the page is in a frame of that size.
frame() {
    cat <<PAGE
<!doctype html><iframe src="file://$page" width="${1%,*}" height="${1#*,}"></iframe>
<script>
addEventListener("message", event => document.body.replaceChildren(Object.assign(document.createElement("pre"), { id: "told", textContent: event.data })));
</script>
PAGE
}

failed=
look() {
    size=$1
    shift
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
        --host-resolver-rules="MAP * ~NOTFOUND" --enable-logging=stderr --window-size="$size" --virtual-time-budget=5000 \
        --user-data-dir="$work/profile" "$@" 2>"$work/log"
}
for size in 390,844 1280,900; do
    for theme in light dark; do
        options=
        [ "$theme" = dark ] && options=--blink-settings=preferredColorScheme=0
        # shellcheck disable=SC2086
        frame "$size" >"$work/frame.html"
        look 1400,1000 $options --dump-dom "file://$work/frame.html" | sed -n '/id="told"/,/<\/pre>/p' | sed 's/<[^>]*>//g' >"$work/told"
        grep CONSOLE "$work/log" | grep -v 'source: chrome://' | sed 's/.*CONSOLE/BAD console/' >>"$work/told"
        bad=$(grep -c '^BAD' "$work/told")
        good=$(grep -c '^good' "$work/told")
        echo "$size $theme: $good checks hold, $bad do not"
        grep '^BAD' "$work/told"
        [ "$bad" = 0 ] && [ "$good" -ge 21 ] || failed="$failed $size-$theme"
        # shellcheck disable=SC2086
        [ -z "$pictures" ] || look "$size" $options --screenshot="$pictures/$size-$theme.png" "file://$report" >/dev/null
    done
done
if grep -oE '(src|href)="https?://[^"]*"|url\(https?:[^)]*\)|@import' "$report" | grep -v '^$' | head -3 | grep .; then
    failed="$failed external"
fi
[ -z "$failed" ] || { echo "the report fails: $failed"; exit 1; }
