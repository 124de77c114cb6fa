internal import CLinux

/// A counter that the kernel raises and a program waits for (eventfd(2)).
public enum EventCounters {
    /// A counter at 0.
    public static func make() throws(KernelError) -> Descriptor {
        Descriptor(
            owning: Int32(try systemCall(__NR_eventfd2, "eventfd", on: "", 0, UInt64(O_CLOEXEC | O_NONBLOCK))))
    }

    /// The counter, which is 0 afterwards.
    public static func take(_ counter: borrowing Descriptor) throws(KernelError) -> UInt64 {
        var value: UInt64 = 0
        let number = counter.number
        do throws(KernelError) {
            try unsafe withUnsafeMutablePointer(to: &value) { (pointer) throws(KernelError) in
                _ = try unsafe systemCall(
                    __NR_read, "read", on: "eventfd", UInt64(descriptor: number), UInt64(address: pointer), 8)
            }
        } catch where error.errno == .again {
            return 0
        }
        return value
    }
}

extension Files {
    /// Up to 4096 bytes from the start of an open file, without moving its position (pread(2)).
    public static func readFromStart(_ file: borrowing Descriptor, name: String) throws(KernelError) -> [UInt8] {
        let number = file.number
        var failure: KernelError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            do throws(KernelError) {
                count = try unsafe systemCall(
                    __NR_pread64, "read", on: name, UInt64(descriptor: number), UInt64(address: buffer.baseAddress), 4096, 0)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
