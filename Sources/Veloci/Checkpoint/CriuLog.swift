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
        let beginnings = ["rlimit: Can't setup RLIMIT_NOFILE", "tun: Unable to create tun", "Can't keep kdat cache"]
        return beginnings.contains { reason.begins(with: $0) }
    }
}

/// What to do about CRIU's most frequent reasons.
enum CriuRemedy {
    private static let established = "allow established connections to checkpoint and to restore"
    private static let locks = "allow file locks to checkpoint and to restore"
    private static let watched = "set force-irmap in /etc/criu/runc.conf, so that CRIU looks for the watched files"
    private static let sharing = "a mount of the container is shared with the host: bind it with rprivate"
    private static let kernel = "this kernel lacks something that CRIU needs: criu check says what"
    private static let terminal = "allow a job of a shell for a program on the caller's terminal"
    private static let late = "a mount came into the container later: unmount it, or list it in mounts of config.json, private"
    private static let processor = "restore on a machine whose CPU has the features of this one"

    /// Words of CRIU's own, the narrower ones first.
    private static let table: [(words: String, hint: String)] = [
        ("onnected TCP socket", established), ("onnected socket", established), ("TCP connection", established),
        ("xternal socket", "allow external unix sockets, or close the socket before"),
        ("without peer", "the other end of a unix socket is in another network namespace: close it before"),
        ("unix socket", "allow external unix sockets, or close the socket before"),
        ("file locks are h", locks), ("ome file locks", locks),
        ("unlinked file", "remap links, or let the program close the file"),
        ("ink remap", "remap links"), ("ink-remap", "remap links"),
        ("n-flight", "leave out connections that nobody has accepted"),
        ("ismatched lsm types", "the images have labels that this machine, or its CRIU, does not know: restore where it does"),
        ("LSM specified but", "this machine has no such security module: name another profile, or none"),
        ("host file", "let the program close the large unlinked file, or set ghost-limit in /etc/criu/runc.conf"),
        ("soft-dirty", "this kernel does not track changed memory: checkpoint without a pre-dump and its images"),
        ("userfaultfd", "this kernel has no userfaultfd, or it is refused: go without lazy pages"),
        ("path=/dev/pts/", terminal), ("path=/dev/tty", terminal),
        ("an't lookup mount=", "a file is open that the container cannot reach, as the caller's log: give it pipes as streams"),
        ("mount point without", late),
        ("doesn't have a proper root mount", late),
        ("unreachable sharing", sharing), ("sharing is unreachable", sharing),
        ("No mapping for", "config.json of the bundle lacks a mount that the container had"),
        ("inotify", watched), ("fsnotify", watched), ("nvisible", watched),
        ("session leader", "allow a job of a shell for a program in the caller's session"),
        ("tty", terminal),
        ("CPU", processor), ("cpuinfo", processor), ("cpu:", processor),
        ("No space left on device", "free space where the images are"),
        ("agic doesn't match", "these are no images of CRIU, or of one that knows more"),
        ("No such file or directory", "the images, or files of the container, are not there"),
        ("Operation not permitted", "CRIU needs root with all capabilities"),
        ("not supported", kernel), ("doesn't support", kernel), ("probably lacks", kernel), ("old kernel?", kernel),
        ("kerndat", "this CRIU does not know this kernel: install a newer one"),
    ]

    static func hint(_ reason: String) -> String? { table.first { reason.containsBytes(of: $0.words) }?.hint }
}
