internal import Glibc
internal import Veloci

/// What a program writes, as it comes: a pipe or a terminal, until its other side is closed.
///
/// One task reads it. Cancelling that task ends the wait with a `Failure` of code `cancelled`.
public struct ByteChunks: AsyncSequence, Sendable {
    /// Some bytes, at least one.
    public typealias Element = [UInt8]

    private let owner: ContainerProcess
    private let descriptor: Int32?

    init(_ owner: ContainerProcess, _ descriptor: Int32?) {
        self.owner = owner
        self.descriptor = descriptor
    }

    /// Reads one chunk after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// Keeps the descriptor open.
        fileprivate let owner: ContainerProcess
        fileprivate var descriptor: Int32?

        /// The next bytes; nil at the end.
        public mutating func next() async throws -> [UInt8]? {
            while let descriptor {
                try await EventThread.shared.wait(for: descriptor)
                var count = 0
                var error: Int32 = 0
                let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, initialized in
                    count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                    error = errno
                    initialized = Swift.max(0, count)
                }
                if count > 0 { return bytes }
                if count < 0, error == EINTR || error == EAGAIN { continue }
                self.descriptor = nil
                // EIO: nobody has the terminal's other side open any more.
                if count < 0, error != EIO {
                    throw Veloci.Failure(.kernel, "cannot read the program's output", errno: Errno(rawValue: error))
                }
            }
            return nil
        }
    }

    /// An iterator; only one of them gets a byte.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(owner: owner, descriptor: descriptor) }

    /// All that comes until the end, of which the first `limit` bytes are kept.
    public func collected(limit: Int) async throws -> (bytes: [UInt8], isTruncated: Bool) {
        var kept: [UInt8] = []
        var isTruncated = false
        for try await chunk in self {
            let rest = limit - kept.count
            kept += chunk.prefix(rest)
            if chunk.count > rest { isTruncated = true }
        }
        return (kept, isTruncated)
    }
}
