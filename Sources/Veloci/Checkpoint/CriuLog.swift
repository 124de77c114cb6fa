internal import ByteText
internal import LinuxKernel

/// The log that CRIU writes: where its reasons are.
enum CriuLog {
    /// RUNC: the names that callers look for.
    static let dump = "dump.log"
    static let restore = "restore.log"

    /// The first error of a log, without time, pid and place in CRIU's sources; nil when there is none.
    static func firstError(in directory: String, _ name: String) -> String? {
        guard let bytes = try? Files.read(directory + "/" + name, limit: 1 << 24) else { return nil }
        return firstError(bytes)
    }

    static func firstError(_ log: [UInt8]) -> String? {
        for line in log.split(separator: UInt8(ascii: "\n")) {
            guard let reason = reason(Array(line)), !isHarmless(reason) else { continue }
            return reason
        }
        return nil
    }

    /// `(00.411829)     16: Error (criu/files-reg.c:1790): Can't lookup mount` and the like.
    private static func reason(_ line: [UInt8]) -> String? {
        let text = HostHooks.line(line.prefix(512))
        guard text.utf8.first == UInt8(ascii: "("), let rest = text.halves(at: ")")?.second else { return nil }
        var words = rest.trimmed
        if let halves = words.halves(at: ":"), UInt32(halves.first) != nil { words = halves.second.trimmed }
        guard let error = words.after("Error ("), let place = error.halves(at: ":") else { return nil }
        // Behind the file and the line.
        return place.second.halves(at: ":")?.second.trimmed
    }

    /// What CRIU goes on after.
    private static func isHarmless(_ reason: String) -> Bool {
        ["rlimit: Can't setup RLIMIT_NOFILE", "Can't keep kdat cache", "Failed to write kerndat cache"].contains {
            reason.begins(with: $0)
        }
    }
}

/// What to do about CRIU's most frequent reasons.
enum CriuRemedy {
    private static let table: [(words: String, hint: String)] = [
        ("onnected TCP socket", "give --tcp-established to checkpoint and to restore"),
        ("onnected socket", "give --tcp-established to checkpoint and to restore"),
        ("xternal socket", "give --ext-unix-sk, or close the socket before"),
        ("file locks are hold", "give --file-locks to checkpoint and to restore"),
        ("file locks are held", "give --file-locks to checkpoint and to restore"),
        ("unlinked file", "give --link-remap, or let the program close the file"),
        ("an't create link-remap file", "give --link-remap"),
        ("ghost file", "the program holds a large unlinked file open: let it close the file, or raise ghost-limit in /etc/criu/runc.conf"),
        ("soft-dirty", "this kernel does not track changed memory: checkpoint without --pre-dump and --parent-path"),
        ("userfaultfd", "this kernel has no userfaultfd, or it is refused: go without --lazy-pages"),
        ("doesn't have a proper root mount", "the container's root has to be a mount; see the log"),
        ("an't lookup mount=", "a file is open that the container cannot reach, such as the caller's log: give it pipes as streams"),
        ("mount point without", "a mount came into the container later: unmount it, or list it in mounts of config.json"),
        ("unreachable sharing", "a mount of the container is shared with the host: bind it with rprivate"),
        ("sharing is unreachable", "a mount of the container is shared with the host: bind it with rprivate"),
        ("inotify", "set force-irmap in /etc/criu/runc.conf, so that CRIU looks for the watched files"),
        ("fsnotify", "set force-irmap in /etc/criu/runc.conf, so that CRIU looks for the watched files"),
        ("session leader", "give --shell-job for a program in the caller's session"),
        ("tty", "give --shell-job for a program on the caller's terminal"),
        ("CPU", "restore on a machine whose CPU has the features of this one"),
        ("cpuinfo", "restore on a machine whose CPU has the features of this one"),
        ("No space left on device", "free space where the images are"),
        ("magic doesn't match", "these are no images of CRIU, or of a version that knows more"),
        ("an't open dir", "the images are not there"),
        ("Operation not permitted", "CRIU needs root with all capabilities"),
        ("kerndat", "this CRIU does not know this kernel: install a newer one"),
    ]

    static func hint(_ reason: String) -> String? { table.first { reason.containsBytes(of: $0.words) }?.hint }
}
