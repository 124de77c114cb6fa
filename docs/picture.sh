#!/bin/bash
# The picture of README.md: the plan of a small container, and beside each step when it took place, drawn from what "veloci plan" and
# "veloci --trace" print. Usage, as root: lab/host-view.sh v2 docs/picture.sh VELOCI >docs/plan.svg. The quickest of TRIES (30) runs is shown.
set -euo pipefail
veloci=$(realpath "${1:?usage: picture.sh VELOCI}")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$work/web/rootfs/bin"; cp "$(command -v busybox)" "$work/web/rootfs/bin/busybox"; cd "$work"
cat >web/config.json <<'C'
{
  "ociVersion": "1.2.0",
  "hostname": "web",
  "root": { "path": "rootfs", "readonly": true },
  "process": {
    "args": ["/bin/busybox", "true"], "cwd": "/", "env": ["PATH=/bin"], "user": { "uid": 1000, "gid": 1000 }, "noNewPrivileges": true,
    "capabilities": { "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"] },
    "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024 }]
  },
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=16m"] }
  ],
  "linux": {
    "cgroupsPath": "/veloci-picture-web",
    "namespaces": [{ "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }, { "type": "cgroup" }],
    "seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["reboot", "kexec_load"], "action": "SCMP_ACT_ERRNO" }] },
    "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"]
  }
}
C
best=
for _ in $(seq "${TRIES:-30}"); do
    "$veloci" --root "$work/state" --trace - run --bundle web web </dev/null 2>trace.new || { cat trace.new >&2; exit 1; }
    took=$(awk 'END { printf "%d", $1 }' trace.new)
    if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; mv trace.new trace; fi
done
"$veloci" --root "$work/state" plan --run --bundle web web >plan
awk -v here="$work" '
function text(words) { gsub(here, "/srv", words); gsub(/&/, "\\&amp;", words); gsub(/</, "\\&lt;", words); return words }
function cut(words, size) { return length(words) > size ? substr(words, 1, size - 1) "…" : words }
FNR == 1 { file++ }
file == 1 && FNR > 1 {
    start = $1; took = $2; who = $3; words = $0
    sub(/^ *[0-9.]+ +[0-9.]+ +(host|stage) +/, "", words); sub(/^[0-9]+  /, "", words)
    key = who " " words; begin[key, ++count[key]] = start; lasts[key, count[key]] = took
    if (start > end) end = start
    if (words ~ /^execute /) { end = start + (took < 150 ? took : 150); lasts[key, count[key]] = end - start }
}
file == 2 { plan[++lines] = $0 }
END {
    row = 17; left = 16; axis = 640; wide = 340; top = 74
    tall = top + lines * row + 44
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1000 %d\" font-family=\"ui-monospace, DejaVu Sans Mono, monospace\" font-size=\"11.5\">\n", tall
    print "<title>A plan, and when each of its steps took place</title>"
    print "<style>.back{fill:#ffffff}.text{fill:#1b1f24}.soft{fill:#57606a}.host{fill:#0b57b0}.stage{fill:#b35900}.line{stroke:#d5dae0}"
    print "@media (prefers-color-scheme: dark){.back{fill:#14171b}.text{fill:#e4e7eb}.soft{fill:#9aa4b0}.host{fill:#7db4ff}.stage{fill:#ffb066}.line{stroke:#353c45}}</style>"
    printf "<rect class=\"back\" width=\"1000\" height=\"%d\" rx=\"8\"/>\n", tall
    printf "<text class=\"text\" x=\"%d\" y=\"28\" font-size=\"15\" font-weight=\"700\">$ veloci plan --run</text>\n", left
    printf "<text class=\"text\" x=\"%d\" y=\"28\" font-size=\"15\" font-weight=\"700\">$ veloci --trace - run web</text>\n", axis
    printf "<text class=\"soft\" x=\"%d\" y=\"48\">what will happen, and which place in config.json asks for it</text>\n", left
    printf "<text class=\"soft\" x=\"%d\" y=\"48\">when it happened: %.1f ms, <tspan class=\"host\">host</tspan> and <tspan class=\"stage\">container</tspan></text>\n", axis, end / 1000
    for (tick = 0; tick <= end; tick += end > 8000 ? 2000 : end > 3000 ? 1000 : 500) {
        x = axis + tick / end * wide
        printf "<line class=\"line\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/><text class=\"soft\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"10\">%g ms</text>\n", x, top - 12, x, tall - 32, x, tall - 18, tick / 1000
    }
    for (line = 1; line <= lines; line++) {
        y = top + line * row - 5; words = plan[line]; is_heading = words !~ /^ /
        who = "stage"; shown = words
        if (words !~ /^ +[0-9]+  /) who = "host"
        step = words; sub(/^ +([0-9]+  )?(on the host: )?/, "", step)
        place = ""
        if (match(words, /  # .*/)) { place = substr(words, RSTART + 4); shown = substr(words, 1, RSTART - 1) }
        size = 78 - (place == "" ? 0 : length(place) + 3)
        printf "<text xml:space=\"preserve\" class=\"%s\"%s x=\"%d\" y=\"%d\">%s", is_heading ? "text" : who, is_heading ? " font-weight=\"700\"" : "", left, y, text(cut(shown, size))
        if (place != "") printf "  <tspan class=\"soft\"># %s</tspan>", text(place)
        print "</text>"
        key = who " " step; turn = ++used[key]
        if (!is_heading && (key, turn) in begin) {
            x = axis + begin[key, turn] / end * wide; width = lasts[key, turn] / end * wide
            if (x + width > axis + wide) width = axis + wide - x
            printf "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"10\" rx=\"1.5\"/>\n", who, x, y - 9, width < 1.6 ? 1.6 : width
        } else if (!is_heading) missing = missing "\n" key
    }
    printf "<text class=\"soft\" x=\"%d\" y=\"%d\" font-size=\"10\">drawn by docs/picture.sh from what veloci printed</text>\n</svg>\n", left, tall - 16
    if (missing != "") { print "not in the trace:" missing >"/dev/stderr"; exit 1 }
}' trace plan
