internal import LinuxKernel
public import RuntimeSpec

/// The receiving side of the sockets over which a runtime hands on a descriptor: a terminal (`CreateRequest.consoleSocket`), a
/// process (`processSocket`), or the listener of a seccomp filter (`linux.seccomp.listenerPath`).
///
/// It listens from the beginning, so `create` may come first and `receive` after it, in one thread.
public final class DescriptorSocket: Sendable {
    /// Where it listens.
    public let path: String
    private let socket: Int32

    /// Listens at a path of at most 107 bytes that does not exist yet; it goes away with this value. Only this user may connect.
    public init(path: String) throws(Failure) {
        do throws(KernelError) {
            socket = try ListeningSockets.listen(at: path).release()
        } catch {
            throw .kernel(error, "cannot listen at a socket")
        }
        self.path = path
    }

    deinit {
        _ = Descriptor(owning: socket)
        _ = try? Files.removeFile(path)
    }

    /// A descriptor of the socket, which can be read from when somebody has connected.
    public var descriptor: Int32 { socket }

    /// What somebody hands on. Waits until somebody does.
    ///
    /// - Throws: `Failure`, also for a connection that brings no descriptor.
    public func receive() throws(Failure) -> ReceivedDescriptor {
        do throws(KernelError) {
            let connection = try ListeningSockets.accept(from: socket)
            let (bytes, number) = try ListeningSockets.receive(from: connection, most: 1 << 22, milliseconds: 10_000)
            if let number { return ReceivedDescriptor(descriptor: number, message: bytes) }
        } catch {
            throw .kernel(error, "cannot receive a descriptor at \(path)")
        }
        throw Failure(.kernel, "cannot receive a descriptor at \(path): a connection brought none")
    }
}

/// A descriptor that came over a socket.
public struct ReceivedDescriptor: Sendable {
    /// The descriptor, which is the receiver's to close.
    public var descriptor: Int32
    /// The bytes beside it.
    public var message: [UInt8]

    /// Which process a seccomp listener is of, as the bytes beside it say; nil for other descriptors.
    public var processState: ContainerProcessState? {
        do throws(DecodingFailure) { return try ContainerProcessState.decode(message) } catch { return nil }
    }
}
