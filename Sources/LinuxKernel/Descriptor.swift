internal import CLinux

/// A file descriptor that is owned: it is closed when its owner goes away.
@frozen public struct Descriptor: ~Copyable, Sendable {
    /// The number by which the kernel knows it.
    public let number: Int32

    /// Takes over an open descriptor.
    public init(owning number: Int32) {
        self.number = number
    }

    /// Gives the number to somebody else, who closes it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// A second descriptor for the same open file, close-on-exec (fcntl(2), F_DUPFD_CLOEXEC).
    public func duplicate(atLeast minimum: Int32 = 3) throws(KernelError) -> Descriptor {
        Descriptor(
            owning: Int32(
                try systemCall(
                    __NR_fcntl, "fcntl", on: "descriptor \(number)", UInt64(descriptor: number),
                    UInt64(F_DUPFD_CLOEXEC), UInt64(minimum))))
    }

    deinit {
        _ = linux_system_call(Int64(__NR_close), UInt64(descriptor: number), 0, 0, 0, 0, 0)
    }

    /// Closes descriptors that the caller owns, each run of neighbours with one call (close_range(2)).
    package static func close(_ numbers: some Sequence<Int32>) {
        var run: ClosedRange<Int32>?
        for number in numbers.sorted() {
            if let last = run, last.upperBound + 1 == number {
                run = last.lowerBound...number
            } else {
                if let run { close(run) }
                run = number...number
            }
        }
        if let run { close(run) }
    }

    private static func close(_ run: ClosedRange<Int32>) {
        _ = linux_system_call(
            Int64(__NR_close_range), UInt64(descriptor: run.lowerBound), UInt64(descriptor: run.upperBound), 0, 0, 0, 0)
    }
}

/// The directory that relative paths start from: the process's working directory.
package let currentDirectory: Int32 = -100
