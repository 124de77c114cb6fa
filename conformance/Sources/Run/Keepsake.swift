import CHarness
import RuntimeSpec

/// What `--keep` writes for one case: its bundles, its outputs, and a script that repeats its commands by hand.
struct Keepsake {
    let directory: String
    let trial: Trial
    let result: Result

    func write() {
        try? Files.makeDirectories(directory)
        try? Files.write(directory + "/config.json", trial.writtenConfig)
        try? Files.write(directory + "/commands.sh", script, mode: 0o755)
        for file in Files.list(trial.directory) where file.hasPrefix("output.") || file.hasPrefix("errors.") {
            try? Files.write(directory + "/" + file, Files.read(trial.directory + "/" + file) ?? [])
        }
    }

    private var script: String {
        func comment(_ text: String) -> String { text.split(separator: "\n").map { "#   \($0)\n" }.joined() }
        var text = "#!/bin/sh\n# \(result.caseID): \(result.kind.rawValue)\n"
        if !result.expected.isEmpty { text += "# expected:\n" + comment(result.expected) }
        if !result.seen.isEmpty { text += "# seen:\n" + comment(result.seen) }
        text += """
            # This repeats the case by hand, as root, with what it had: \(trial.directory), empty, and control groups of
            # version \(trial.view == .version1 ? 1 : 2) at /sys/fs/cgroup, in mount and process namespaces that end with the script.
            [ -n "${INSIDE:-}" ] || INSIDE=1 exec unshare --mount --net --pid --fork --kill-child --mount-proc sh "$(realpath "$0")"
            kept=$(dirname "$0")
            umask 022
            mkdir -p \(trial.directory) && mount -t tmpfs tmpfs \(trial.directory) && cd \(trial.directory) || exit
            run() { echo "+ $*"; "$@" </dev/null; echo "exit status $?"; }
            ended() { for _ in $(seq 100); do kill -0 "$(cat "$1")" 2>/dev/null || return; sleep 0.1; done; echo "it runs on"; }

            """
        text += groups.joined(separator: "\n") + "\n" + trial.script.joined(separator: "\n") + "\n"
        for file in Files.list(trial.directory) where file.hasSuffix(".pid") {
            text += "run \(Trial.quoted(trial.runtime)) --root \(trial.stateRoot) delete --force \(file.dropLast(4))\n"
        }
        return text + "cd / && umount -l \(trial.directory) && rmdir \(trial.directory)\n"
    }

    /// The same view of the control groups as `Sandbox` makes.
    private var groups: [String] {
        let clear = "while umount -l /sys/fs/cgroup 2>/dev/null; do :; done"
        if trial.view == .version2 { return [clear, "mount -t cgroup2 cgroup2 /sys/fs/cgroup"] }
        return [clear, "mount -t tmpfs tmpfs /sys/fs/cgroup"]
            + Hierarchies.version1Options.map { options in
                let place = "/sys/fs/cgroup/" + (options.hasPrefix("name=") ? String(options.dropFirst(5)) : options)
                return "mkdir \(place) && mount -t cgroup -o \(options) cgroup \(place)"
            }
    }

    /// Copies the bundle of a trial, and tells how to put it where it was, with the mounts that are below it.
    static func bundle(_ trial: Trial, _ number: Int, to directory: String) -> [String] {
        Files.copyTree(trial.bundleDirectory, "\(directory)/bundle.\(number)")
        let mounts = MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "")
            .filter { $0.target.hasPrefix(trial.bundleDirectory + "/") }
        let isShared = MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "")
            .contains { $0.target == trial.directory && $0.propagation.contains { $0.hasPrefix("shared") } }
        return ["umount -l bundle/* 2>/dev/null; rm -rf bundle; mkdir bundle"]
            + mounts.map { "mkdir -p \($0.target) && mount -t \($0.type) \($0.source) \($0.target)" }
            + ["cp -a \"$kept/bundle.\(number)/.\" bundle/"]
            + mounts.flatMap { mount in
                ["mount -o remount,bind,\(mount.options.joined(separator: ",")) \(mount.target)"]
                    + (mount.propagation.contains { $0.hasPrefix("shared") } ? ["mount --make-shared \(mount.target)"] : [])
            }
            + (isShared ? ["mount --make-shared ."] : [])
    }
}
