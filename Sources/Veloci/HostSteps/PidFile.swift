internal import ByteText
internal import CLinux
internal import LinuxKernel

/// The file that tells callers the pid.
enum PidFile {
    /// What was at the path before, for an operation that fails later.
    struct Earlier {
        fileprivate var content: [UInt8]?
    }

    /// The decimal number and nothing else: callers read the whole file as a number. They poll, so it is there at once and as a
    /// whole; but a device such as /dev/null must not be replaced by a file.
    static func write(_ pid: Int32, to path: String) throws(KernelError) -> Earlier {
        let bytes = Array(String(pid).utf8)
        let status = try? Files.status(of: path)
        if status?.kind == .characterDevice {
            try Files.write(bytes, to: try Files.open(path, flags: [.writeOnly, .noFollow, .noControllingTerminal]), name: path)
            return Earlier()
        }
        let earlier = Earlier(content: status?.kind == .file ? try? content(of: path) : nil)
        try put(bytes, at: path)
        return earlier
    }

    /// Takes the file back: what was there before is there again.
    static func remove(_ path: String, _ earlier: Earlier) {
        do throws(KernelError) {
            if let content = earlier.content { try put(content, at: path) } else { try Files.removeFile(path) }
        } catch {
            // The caller took it away, or its directory.
        }
    }

    private static func content(of path: String) throws(KernelError) -> [UInt8] {
        try Files.read(try Files.open(path, flags: [.nonBlocking, .noFollow]), name: path, limit: 1 << 16)
    }

    /// Until it has its name the file has none, so that nothing of it is left when veloci is killed; in the place of another it
    /// has for a moment a name of its own.
    private static func put(_ bytes: [UInt8], at path: String) throws(KernelError) {
        let (above, name) = path.lastHalves(at: "/").map { ($0.first.isEmpty ? "/" : $0.first, $0.second) } ?? (".", path)
        let directory = try Files.open(above, flags: [.path, .directory])
        let place = directory.number
        guard let file = try? Files.open(".", flags: [.temporaryFile, .writeOnly], mode: 0o644, at: place) else {
            // Not every file system has files without names.
            return try withFreeName { (other) throws(KernelError) in
                let file = try Files.open(other, flags: [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644, at: place)
                try move(other, to: name, at: place) { () throws(KernelError) in try Files.write(bytes, to: file, name: path) }
            }
        }
        try Files.write(bytes, to: file, name: path)
        let number = file.number
        do throws(KernelError) {
            try Files.link(descriptor: number, to: name, at: place)
        } catch where error.errno == .exists {
            try withFreeName { (other) throws(KernelError) in
                try Files.link(descriptor: number, to: other, at: place)
                try move(other, to: name, at: place) {}
            }
        }
    }

    private static func move(
        _ name: String, to other: String, at place: Int32, after body: () throws(KernelError) -> Void
    ) throws(KernelError) {
        do throws(KernelError) {
            try body()
            try Files.rename(name, to: other, at: place)
        } catch {
            _ = try? Files.removeFile(name, at: place)
            throw error
        }
    }

    /// Tries names that nobody else is likely to have; whatever has one of them is left alone.
    private static func withFreeName(_ body: (String) throws(KernelError) -> Void) throws(KernelError) {
        for attempt in 0... {
            do throws(KernelError) {
                return try body(".veloci-pid-\(Processes.own)-\(attempt)")
            } catch where error.errno == .exists && attempt < 100 {
            }
        }
    }
}
