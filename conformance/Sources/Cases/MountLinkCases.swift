import CHarness
import RuntimeSpec

/// A symbolic link of the image where /proc or /sys is mounted. Some runtimes refuse it, some follow it inside the root: either is well
/// as long as the link of an image names nothing of the machine, and what the configuration mounts is there.
enum MountLinkCases {
    /// Where the link leads; `outside` is a directory of the machine beside the root, `missing` would be one.
    private struct Link: Sendable {
        let name: String
        let words: String
        let target: @Sendable (_ bundle: String) -> String
        var isChain = false
        /// What a runtime that follows the link on the machine leaves there; nil for a link that stays inside.
        let trace: String?
    }

    private static let links = [
        Link(name: "inside", words: "a link to a directory of the image", target: { _ in "elsewhere" }, trace: nil),
        Link(name: "absolute", words: "an absolute link", target: { $0 + "/outside" }, trace: "outside/made"),
        Link(name: "climbing", words: "a link that climbs out of the root", target: { _ in "../outside" }, trace: "outside/made"),
        Link(name: "dangling", words: "a link to what is not there", target: { $0 + "/missing" }, trace: "missing"),
        Link(name: "chain", words: "a link to a link", target: { $0 + "/outside" }, isChain: true, trace: "outside/made"),
    ]

    static let cases: [Case] = ["proc", "sys"].flatMap { place in links.map { at(place, $0) } }

    private static func at(_ place: String, _ link: Link) -> Case {
        let type = place == "sys" ? "sysfs" : place
        // Refused or not: without the mount nothing is there; and a runtime may not leave anything beside the root.
        let sabotage =
            link.trace.map { Sabotage.wrapper(.leave("create", $0)) }
            ?? .configuration {
                $0.prepare = nil
                $0.directories.append("rootfs/" + place)
                $0.remove("mounts") { $0.object?["destination"]?.string == "/" + place }
            }
        return .steps(
            "mount-link-\(place)-\(link.name)", ["practice.mounts-link"],
            "Where /\(place) is \(link.words), it is refused, or mounted inside the root", sabotage: sabotage
        ) { trial throws(Verdict) in
            prepare(&trial.bundle, place, link)
            let inside = try runOrRefuse(trial)
            try expectUntouched(trial.bundleDirectory)
            guard let inside else { return }
            let types = try inside.mounts.map { $0.type }
            try expect(types.contains(type), "create is refused, or a mount of type \(type)", seen: types.joined(separator: " "))
            try expect("errno of a file of \(type) below /\(place)", try inside.errno("stat"), is: 0)
        }
    }

    private static func prepare(_ bundle: inout Bundle, _ place: String, _ link: Link) {
        bundle.operations = ["report", "stat", place == "sys" ? "/sys/kernel" : "/proc/version"]
        bundle.directories.removeAll { $0 == "rootfs/" + place }
        bundle.directories.append("rootfs/elsewhere")
        bundle.files["outside/mark"] = "of the machine"
        bundle.prepare = { folder throws(Verdict) in
            if link.isChain { unsafe symlink(link.target(folder), folder + "/rootfs/between") }
            let made = unsafe symlink(link.isChain ? "between" : link.target(folder), folder + "/rootfs/" + place)
            if made != 0 { throw Verdict.broken("symlink: errno \(errno)") }
        }
    }

    /// What the program saw; nil if the container was refused in an orderly way.
    private static func runOrRefuse(_ trial: Trial) throws(Verdict) -> Inside? {
        let created = try trial.create()
        guard created.succeeded else {
            try trial.refuse("create", created)
            return nil
        }
        let started = try trial.start()
        guard started.succeeded else {
            try trial.refuse("start", started)
            return nil
        }
        let status = try trial.waitForEnd()
        let lines = trial.lines()
        try expect(!lines.isEmpty, "the program of process.args runs", seen: "exit status \(status), no report from inside")
        return Inside(lines: lines, exitStatus: status)
    }

    /// What the link names on the machine is as it was.
    private static func expectUntouched(_ bundle: String) throws(Verdict) {
        let outside = bundle + "/outside"
        try expect("what is in the directory outside of the root", Files.list(outside).sorted(), is: ["mark"])
        try expect("the file in it", Files.text(outside + "/mark"), is: "of the machine")
        try expect(
            !Files.exists(bundle + "/missing"), "nothing is made on the machine", seen: "the directory that the link names")
        let mounts = MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "").map { $0.target }
        let here = mounts.filter { $0.hasPrefix(outside) }
        try expect(here.isEmpty, "nothing is mounted on the machine", seen: here.joined(separator: " "))
    }
}
