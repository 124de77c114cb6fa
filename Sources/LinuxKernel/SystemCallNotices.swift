internal import CLinux

/// System calls that a seccomp filter leaves to another process (seccomp_unotify(2)).
package enum SystemCallNotices {
    /// A call, as the kernel tells it.
    package struct Notice: Sendable {
        package var id: UInt64 = 0
        package var pid: Int32 = 0
        package var number: Int32 = 0
        package var architecture: UInt32 = 0
        package var arguments: [UInt64] = []
    }

    /// The next call; nil when it was given up meanwhile.
    package static func next(_ listener: Int32) throws(KernelError) -> Notice? {
        // struct seccomp_notif: id, pid, flags, then struct seccomp_data: number, architecture, address, six arguments.
        try unsafe withUnsafeTemporaryAllocation(byteCount: 80, alignment: 8) { (record) throws(KernelError) -> Notice? in
            unsafe record.initializeMemory(as: UInt8.self, repeating: 0)
            do throws(KernelError) {
                try unsafe systemCall(
                    __NR_ioctl, "ioctl SECCOMP_IOCTL_NOTIF_RECV", UInt64(descriptor: listener), 0xc050_2100,
                    UInt64(address: record.baseAddress))
            } catch where error.errno == .noEntry || error.errno == .interrupted {
                return nil
            }
            var notice = Notice()
            notice.id = unsafe record.load(as: UInt64.self)
            notice.pid = unsafe record.load(fromByteOffset: 8, as: Int32.self)
            notice.number = unsafe record.load(fromByteOffset: 16, as: Int32.self)
            notice.architecture = unsafe record.load(fromByteOffset: 20, as: UInt32.self)
            notice.arguments = (0..<6).map { unsafe record.load(fromByteOffset: 32 + 8 * $0, as: UInt64.self) }
            return notice
        }
    }

    /// Answers a call.
    /// - Parameter flags: 1 lets it be performed (SECCOMP_USER_NOTIF_FLAG_CONTINUE).
    package static func answer(
        _ id: UInt64, value: Int64, error: Int32, flags: UInt32, to listener: Int32
    ) throws(KernelError) {
        // struct seccomp_notif_resp: id, value, error, flags.
        var response: (UInt64, Int64, Int32, UInt32) = (id, value, error, flags)
        try unsafe withUnsafeMutablePointer(to: &response) { (response) throws(KernelError) in
            _ = try unsafe systemCall(
                __NR_ioctl, "ioctl SECCOMP_IOCTL_NOTIF_SEND", UInt64(descriptor: listener), 0xc018_2101,
                UInt64(address: response))
        }
    }

    /// Whether the call still waits for an answer.
    package static func isWaiting(_ id: UInt64, at listener: Int32) -> Bool {
        var id = id
        return unsafe withUnsafeMutablePointer(to: &id) { id in
            unsafe linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: listener), 0x4008_2102, UInt64(address: id), 0, 0, 0) == 0
        }
    }

    /// Gives the process a copy of a descriptor, whose number there is what the call returns (SECCOMP_ADDFD_FLAG_SEND).
    package static func answer(
        _ id: UInt64, descriptor: Int32, closesOnExecution: Bool, to listener: Int32
    ) throws(KernelError) {
        // struct seccomp_notif_addfd: id, flags, the descriptor here, its number there, its flags there.
        var request: (UInt64, UInt32, UInt32, UInt32, UInt32) =
            (id, 2, UInt32(bitPattern: descriptor), 0, closesOnExecution ? UInt32(O_CLOEXEC) : 0)
        try unsafe withUnsafeMutablePointer(to: &request) { (request) throws(KernelError) in
            _ = try unsafe systemCall(
                __NR_ioctl, "ioctl SECCOMP_IOCTL_NOTIF_ADDFD", UInt64(descriptor: listener), 0x4018_2103,
                UInt64(address: request))
        }
    }

    /// Bytes of another process's memory; fewer where what follows is not there (process_vm_readv(2)).
    package static func memory(of pid: Int32, at address: UInt64, count: Int) throws(KernelError) -> [UInt8] {
        var failure: KernelError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var (here, there) = unsafe ((UInt64(address: buffer.baseAddress), UInt64(count)), (address, UInt64(count)))
            unsafe withUnsafeMutablePointer(to: &here) { here in
                unsafe withUnsafeMutablePointer(to: &there) { there in
                    do throws(KernelError) {
                        initialized = try systemCall(
                            __NR_process_vm_readv, "process_vm_readv", on: "process \(pid)", UInt64(descriptor: pid),
                            unsafe UInt64(address: here), 1, unsafe UInt64(address: there), 1, 0)
                    } catch {
                        failure = error
                    }
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
