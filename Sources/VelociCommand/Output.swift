internal import CLibrary
internal import LinuxKernel

/// Standard output, collected and written at once.
final class Output {
    private(set) var bytes: [UInt8] = []
    private let descriptor: Int32

    init(descriptor: Int32 = 1) { self.descriptor = descriptor }

    func write(_ text: String) { bytes.append(contentsOf: text.utf8) }
    func write(_ bytes: [UInt8]) { self.bytes += bytes }

    /// Writes what was collected.
    ///
    /// - Throws: the kernel's refusal, such as a full disk behind a redirection.
    func flush() throws(KernelError) {
        defer { bytes = [] }
        try Output.write(bytes, to: descriptor)
    }

    /// Writes all bytes to a descriptor that somebody else owns.
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws(KernelError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe CLibrary.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if Errno.last == .again {
                // Whoever shares the caller's stream may have made it so that it does not wait.
                _ = try Waiting.poll([(descriptor, .writable)], milliseconds: -1)
            } else if Errno.last != .interrupted {
                throw KernelError(.last, call: "write", object: "descriptor \(descriptor)")
            }
        }
    }
}
