internal import LinuxKernel

/// The types of file systems that the kernel has now (proc(5), /proc/filesystems).
struct FileSystemTypes {
    private let bytes: [UInt8]
    /// Where the names stand. A line is a tab and a name; before the tab of those that need no device stands "nodev".
    private var names: [Range<Int>] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        names.reserveCapacity(64)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for index in bytes.indices where unsafe bytes[index] < 0x20 {
                if unsafe bytes[index] == UInt8(ascii: "\n") { names.append(start..<index) }
                start = index + 1
            }
            names.append(start..<bytes.count)
        }
    }

    static var ofKernel: FileSystemTypes { FileSystemTypes((try? Files.read("/proc/filesystems")) ?? []) }

    func contains(_ type: String) -> Bool {
        var type = type
        return type.withUTF8 { type in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                !type.isEmpty && names.contains { unsafe $0.count == type.count && bytes[$0].elementsEqual(type) }
            }
        }
    }
}
