internal import CLinux

/// Waiting for many descriptors at once, each known by a token (epoll(7)).
package enum EventPolls {
    // struct epoll_event: the bits, then the token; without a gap on x86-64.
    #if arch(x86_64)
        private static let (size, offset) = (12, 4)
    #else
        private static let (size, offset) = (16, 8)
    #endif

    private static let once: UInt32 = 1 << 30  // EPOLLONESHOT

    /// An instance, to which descriptors are added. It can be read from when one of them is ready.
    package static func make() throws(KernelError) -> Descriptor {
        Descriptor(owning: Int32(try systemCall(__NR_epoll_create1, "epoll_create1", on: "", UInt64(O_CLOEXEC))))
    }

    /// - Parameter isOnce: whether it is told once only.
    package static func add(
        _ descriptor: Int32, for readiness: Waiting.Readiness, token: UInt64, once isOnce: Bool, to poll: Int32
    ) throws(KernelError) {
        let bits = UInt32(UInt16(bitPattern: readiness.rawValue)) | (isOnce ? once : 0)
        try unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { (event) throws(KernelError) in
            unsafe event.storeBytes(of: bits, as: UInt32.self)
            unsafe event.storeBytes(of: token, toByteOffset: offset, as: UInt64.self)
            try unsafe systemCall(
                __NR_epoll_ctl, "epoll_ctl", on: "", UInt64(descriptor: poll), 1, UInt64(descriptor: descriptor),
                UInt64(address: event.baseAddress))
        }
    }

    /// Takes a descriptor out again; one that is not there is no error.
    package static func remove(_ descriptor: Int32, from poll: Int32) {
        _ = linux_system_call(Int64(__NR_epoll_ctl), UInt64(descriptor: poll), 2, UInt64(descriptor: descriptor), 0, 0, 0)
    }

    /// Waits for ever, until something is ready.
    /// - Returns: the tokens of what is.
    package static func wait(_ poll: Int32) -> [UInt64] {
        let most = 64
        return unsafe withUnsafeTemporaryAllocation(byteCount: size * most, alignment: 8) { events in
            let count = unsafe linux_system_call(
                Int64(__NR_epoll_pwait), UInt64(descriptor: poll), UInt64(address: events.baseAddress), UInt64(most),
                UInt64(bitPattern: -1), 0, 0)
            return (0..<Int(max(0, count))).map {
                unsafe events.loadUnaligned(fromByteOffset: $0 * size + offset, as: UInt64.self)
            }
        }
    }
}
