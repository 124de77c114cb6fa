# Turns links between files of the repository into links between pages, gives headings their anchors, and lets tables scroll.
BEGIN {
    FS = "\t"
    while ((getline line < pages) > 0) { split(line, part, "\t"); place[part[1]] = part[2] }
    place["conformance/results/conformance.html"] = "conformance-report.html"
    folder = source
    if (!sub(/\/[^\/]*$/, "", folder)) folder = ""
}
# the path from the root of the repository of one that is relative to the page
function resolved(path,    words, count, kept, index_, text) {
    count = split((folder == "" ? "" : folder "/") path, words, "/")
    kept = 0
    for (index_ = 1; index_ <= count; index_++) {
        if (words[index_] == ".." && kept > 0) kept--
        else if (words[index_] != "." && words[index_] != "") keep[++kept] = words[index_]
    }
    text = ""
    for (index_ = 1; index_ <= kept; index_++) text = text (index_ > 1 ? "/" : "") keep[index_]
    return text
}
function moved(target,    path, anchor, at) {
    if (target ~ /^[a-z]+:/ || target ~ /^#/) return target
    at = index(target, "#")
    path = at ? substr(target, 1, at - 1) : target
    anchor = at ? substr(target, at) : ""
    if (target ~ /^veloci[a-z-]*\.[0-9]\.html$/ || target ~ /^oci-conformance\.1\.html$/) return target
    if (path ~ /^[a-z]*\.[0-9]\.html$/) return ""
    path = resolved(path)
    if (path in place) return place[path] anchor
    if (path ~ /^docs\/(schema|examples)\/./) return substr(path, 6)
    if (path ~ /\.svg$/) { sub(/.*\//, "", path); return path }
    return ""
}
function slug(text) {
    gsub(/<[^>]*>/, "", text)
    gsub(/&[a-z]+;/, "", text)
    text = tolower(text)
    gsub(/[^a-z0-9 _-]/, "", text)
    gsub(/ /, "-", text)
    return text
}
{
    line = $0
    if (match(line, /^<h[1-6]>.*<\/h[1-6]>$/)) {
        level = substr(line, 3, 1)
        text = substr(line, 5, length(line) - 9)
        name = slug(text)
        if (seen[name]++) name = name "-" (seen[name] - 1)
        line = "<h" level " id=\"" name "\">" text (level > 1 ? " <a class=\"anchor\" href=\"#" name "\" aria-label=\"Link to this section\">#</a>" : "") "</h" level ">"
    }
    done = ""
    while (match(line, /(href|src)="[^"]*"/)) {
        attribute = substr(line, RSTART, RLENGTH)
        name = attribute; sub(/=.*/, "", name)
        target = substr(attribute, length(name) + 3, length(attribute) - length(name) - 3)
        new = moved(target)
        # a file that is no page is named, not linked
        done = done substr(line, 1, RSTART - 1) (new == "" ? "title=\"" resolved(target) "\"" : name "=\"" new "\"")
        line = substr(line, RSTART + RLENGTH)
    }
    line = done line
    # those of the manual's pages have classes, and are layout
    if (gsub(/<table>/, "<div class=\"table\"><table>", line)) scrolls = 1
    if (scrolls && gsub(/<\/table>/, "</table></div>", line)) scrolls = 0
    print line
}
