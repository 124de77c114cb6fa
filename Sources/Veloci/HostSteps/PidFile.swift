internal import ByteText
internal import CLinux
internal import LinuxKernel

/// The file that tells callers the pid.
enum PidFile {
    /// The decimal number and nothing else: callers read the whole file as a number. Renamed into place, because they poll;
    /// but a device such as /dev/null must not be replaced by a file.
    static func write(_ pid: Int32, to path: String) throws(KernelError) {
        let bytes = Array(String(pid).utf8)
        if let status = try? Files.status(of: path), status.kind == .characterDevice {
            return try Files.write(bytes, to: try Files.open(path, flags: O_WRONLY), name: path)
        }
        let temporary = path.lastHalves(at: "/").map { "\($0.first)/.\($0.second)" } ?? "." + path
        _ = try? Files.removeFile(temporary)
        let file = try Files.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644)
        do throws(KernelError) {
            try Files.write(bytes, to: file, name: temporary)
            try Files.rename(temporary, to: path)
        } catch {
            _ = try? Files.removeFile(temporary)
            throw error
        }
    }
}
