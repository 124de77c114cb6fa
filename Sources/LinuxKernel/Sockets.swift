internal import CLinux

/// Sockets between processes of this machine.
public enum Sockets {
    /// A connected pair that keeps messages apart (AF_UNIX, SOCK_SEQPACKET).
    public static func messagePair() throws(KernelError) -> (Int32, Int32) { try pair(type: 5) }

    /// A connected pair of byte streams (AF_UNIX, SOCK_STREAM).
    public static func streamPair() throws(KernelError) -> (Int32, Int32) { try pair(type: 1) }

    private static func pair(type: UInt64) throws(KernelError) -> (Int32, Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        try unsafe withUnsafeMutablePointer(to: &ends) { (pointer) throws(KernelError) in
            _ = try unsafe systemCall(
                __NR_socketpair, "socketpair", on: "", 1, type | UInt64(O_CLOEXEC), 0, UInt64(address: pointer))
        }
        return ends
    }

    /// Connects to a socket in the file system. Paths beyond the 107 bytes of an address go through a descriptor.
    public static func connect(_ path: String) throws(KernelError) -> Descriptor {
        let socket = Descriptor(
            owning: Int32(try systemCall(__NR_socket, "socket", on: path, 1, 1 | UInt64(O_CLOEXEC), 0)))
        if path.utf8.count <= 107 {
            try connect(socket, path, shown: path)
        } else {
            let target = try Files.open(path, flags: .path)
            try connect(socket, "/proc/self/fd/\(target.number)", shown: path)
        }
        return socket
    }

    private static func connect(_ socket: borrowing Descriptor, _ path: String, shown: String) throws(KernelError) {
        let number = socket.number
        var address = [UInt8](repeating: 0, count: 110)
        address[0] = 1
        for (index, byte) in path.utf8.enumerated() { address[2 + index] = byte }
        var failure: KernelError?
        unsafe address.withUnsafeBytes { bytes in
            do throws(KernelError) {
                try unsafe systemCall(
                    __NR_connect, "connect", on: shown, UInt64(descriptor: number), UInt64(address: bytes.baseAddress), 110)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Sends bytes with descriptors beside them (SCM_RIGHTS). At least one byte is needed.
    public static func send(_ bytes: [UInt8], descriptors: [Int32], over socket: Int32) throws(KernelError) {
        try unsafe transfer(bytes, capacity: 0, descriptors: descriptors) { (message) throws(KernelError) in
            try unsafe systemCall(
                __NR_sendmsg, "sendmsg", on: "", UInt64(descriptor: socket), UInt64(address: message),
                UInt64(MSG_NOSIGNAL))
        }
    }

    /// Receives one descriptor; nil when the other side closed or sent none.
    public static func receiveDescriptor(from socket: Int32) throws(KernelError) -> Int32? {
        var received: Int32?
        var control: [UInt64] = [0, 0, 0]
        var data = [UInt8](repeating: 0, count: 4096)
        var failure: KernelError?
        unsafe data.withUnsafeMutableBytes { data in
            unsafe control.withUnsafeMutableBytes { control in
                var vector = unsafe (UInt64(address: data.baseAddress), UInt64(data.count))
                unsafe withUnsafeMutablePointer(to: &vector) { vector in
                    var message: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
                        unsafe (0, 0, UInt64(address: vector), 1, UInt64(address: control.baseAddress), 24, 0)
                    unsafe withUnsafeMutablePointer(to: &message) { message in
                        do throws(KernelError) {
                            try unsafe systemCall(
                                __NR_recvmsg, "recvmsg", on: "", UInt64(descriptor: socket), UInt64(address: message),
                                UInt64(O_CLOEXEC == 0o2000000 ? 0x4000_0000 : 0))  // MSG_CMSG_CLOEXEC
                        } catch {
                            failure = error
                        }
                    }
                    if unsafe message.5 >= 20 && control.load(as: UInt64.self) >= 20 {
                        received = unsafe control.load(fromByteOffset: 16, as: Int32.self)
                    }
                }
            }
        }
        if let failure { throw failure }
        return received
    }

    private static func transfer(
        _ bytes: [UInt8], capacity: Int, descriptors: [Int32], _ body: (UnsafeRawPointer) throws(KernelError) -> Int
    ) throws(KernelError) {
        var failure: KernelError?
        var control = [UInt64](repeating: 0, count: 2 + (descriptors.count + 1) / 2)
        control[0] = UInt64(16 + 4 * descriptors.count)
        control[1] = 1 | (1 << 32)
        for (index, descriptor) in descriptors.enumerated() {
            control[2 + index / 2] |= UInt64(UInt32(bitPattern: descriptor)) << UInt64(32 * (index % 2))
        }
        unsafe bytes.withUnsafeBytes { data in
            unsafe control.withUnsafeBytes { control in
                var vector = unsafe (UInt64(address: data.baseAddress), UInt64(data.count))
                unsafe withUnsafePointer(to: &vector) { vector in
                    var message: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
                        unsafe (
                            0, 0, UInt64(address: vector), 1,
                            descriptors.isEmpty ? 0 : UInt64(address: control.baseAddress),
                            descriptors.isEmpty ? 0 : UInt64(control.count), 0
                        )
                    unsafe withUnsafePointer(to: &message) { message in
                        do throws(KernelError) { _ = try unsafe body(message) } catch { failure = error }
                    }
                }
            }
        }
        if let failure { throw failure }
    }
}

/// Waiting for descriptors.
public enum Polling {
    /// Whether there is something to read, or the other side is gone, within the time. Negative waits for ever.
    public static func isReadable(_ descriptor: Int32, withinMilliseconds time: Int64) throws(KernelError) -> Bool {
        var request: (Int32, Int16, Int16) = (descriptor, 1, 0)
        var duration: (Int64, Int64) = (time / 1000, time % 1000 * 1_000_000)
        return try unsafe withUnsafeMutablePointer(to: &request) { (request) throws(KernelError) in
            try unsafe withUnsafeMutablePointer(to: &duration) { (duration) throws(KernelError) in
                try unsafe systemCall(
                    __NR_ppoll, "ppoll", on: "", UInt64(address: request), 1, time < 0 ? 0 : UInt64(address: duration), 0, 8)
                    > 0
            }
        }
    }
}

/// One descriptor that ppoll(2) watches. A negative descriptor is passed over.
public struct PollRequest: Sendable {
    /// POLLIN.
    public static let readable: Int16 = 1
    /// POLLOUT.
    public static let writable: Int16 = 4

    var descriptor: Int32
    var events: Int16
    var results: Int16 = 0

    /// A descriptor and what to wait for.
    public init(descriptor: Int32, events: Int16) {
        self.descriptor = descriptor
        self.events = events
    }

    /// Whether anything happened, the end of the other side included.
    public var isReady: Bool { results != 0 }
    /// Whether there is something to read, or an end or an error to find by reading.
    public var isReadable: Bool { results & ~PollRequest.writable != 0 }
}

extension Polling {
    /// Waits until something happens to one of the descriptors, or the time is over; negative time waits for ever.
    public static func wait(_ requests: inout [PollRequest], milliseconds time: Int64 = -1) throws(KernelError) {
        var duration: (Int64, Int64) = (time / 1000, time % 1000 * 1_000_000)
        for index in requests.indices { requests[index].results = 0 }
        var failure: KernelError?
        unsafe requests.withUnsafeMutableBytes { bytes in
            unsafe withUnsafeMutablePointer(to: &duration) { duration in
                do throws(KernelError) {
                    try unsafe systemCall(
                        __NR_ppoll, "ppoll", on: "", UInt64(address: bytes.baseAddress),
                        UInt64(bytes.count / MemoryLayout<PollRequest>.stride), time < 0 ? 0 : UInt64(address: duration), 0, 8)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }
}

extension Sockets {
    /// Receives one message, and the descriptor beside it if there is one (recvmsg(2), SCM_RIGHTS). No bytes: the other side
    /// closed.
    /// - Throws: `KernelError`; `EMSGSIZE` for a message that is longer than `capacity`.
    public static func receive(
        from socket: Int32, capacity: Int
    ) throws(KernelError) -> (bytes: [UInt8], descriptor: Int32?) {
        var descriptor: Int32?
        var control: [UInt64] = [0, 0, 0]
        var count = 0
        var failure: KernelError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { data, initialized in
            unsafe control.withUnsafeMutableBytes { control in
                var vector = unsafe (UInt64(address: data.baseAddress), UInt64(data.count))
                unsafe withUnsafeMutablePointer(to: &vector) { vector in
                    var message: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
                        unsafe (0, 0, UInt64(address: vector), 1, UInt64(address: control.baseAddress), 24, 0)
                    unsafe withUnsafeMutablePointer(to: &message) { message in
                        do throws(KernelError) {
                            count = try unsafe systemCall(
                                __NR_recvmsg, "recvmsg", on: "", UInt64(descriptor: socket), UInt64(address: message),
                                0x4000_0000)  // MSG_CMSG_CLOEXEC
                        } catch {
                            failure = error
                        }
                    }
                    guard failure == nil else { return }
                    // struct cmsghdr: length, level and type (SOL_SOCKET 1, SCM_RIGHTS 1), then the descriptor.
                    let kind = unsafe control.load(fromByteOffset: 8, as: UInt64.self)
                    if unsafe message.5 >= 20 && control.load(as: UInt64.self) >= 20 && kind == 1 | 1 << 32 {
                        descriptor = unsafe control.load(fromByteOffset: 16, as: Int32.self)
                    }
                    // MSG_TRUNC
                    if message.6 & 0x20 != 0 { failure = KernelError(Errno(rawValue: EMSGSIZE), call: "recvmsg") }
                }
            }
            initialized = count
        }
        if let failure {
            descriptor.map { _ = Descriptor(owning: $0) }
            throw failure
        }
        return (bytes, descriptor)
    }
}
