internal import LinuxKernel

/// The types of file systems that the kernel has now (proc(5), /proc/filesystems).
struct FileSystemTypes {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static var ofKernel: FileSystemTypes { FileSystemTypes((try? Files.read("/proc/filesystems")) ?? []) }

    /// Whether a line is the type: a tab and a name; before the tab of those that need no device stands "nodev".
    func contains(_ type: String) -> Bool {
        var type = type
        return type.withUTF8 { type in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                var start = 0
                for end in 0...bytes.count {
                    let byte = unsafe end < bytes.count ? bytes[end] : UInt8(ascii: "\n")
                    if byte == UInt8(ascii: "\n"), end - start == type.count, unsafe bytes[start..<end].elementsEqual(type) {
                        return !type.isEmpty
                    }
                    if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") { start = end + 1 }
                }
                return false
            }
        }
    }
}
