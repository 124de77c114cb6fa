internal import CLinux

/// A point in time after which waiting ends. Not moved by changes of the clock (CLOCK_MONOTONIC).
public struct Deadline: Hashable, Sendable {
    /// Nanoseconds of the monotonic clock.
    public let nanoseconds: Int64

    /// A deadline that is some milliseconds away; the end of all time for one that is too far away to be expressed.
    public init(milliseconds: Int64) {
        let (length, isTooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isTooLate) = Clocks.monotonic().addingReportingOverflow(length)
        nanoseconds = isTooLong || isTooLate ? (milliseconds < 0 ? 0 : Int64.max) : sum
    }

    /// How long is left, in milliseconds; 0 when it has passed.
    public var milliseconds: Int64 {
        let left = max(0, nanoseconds - Clocks.monotonic())
        return left / 1_000_000 + (left % 1_000_000 > 0 ? 1 : 0)
    }

    /// Whether it has passed.
    public var hasPassed: Bool { Clocks.monotonic() >= nanoseconds }
}

/// Waiting without a busy loop.
public enum Waiting {
    /// Sleeps; a signal may end it early, which callers that loop do not mind (nanosleep(2)).
    public static func sleep(microseconds: Int64) {
        var time: (Int64, Int64) = (microseconds / 1_000_000, microseconds % 1_000_000 * 1000)
        unsafe withUnsafeMutablePointer(to: &time) { pointer in
            _ = unsafe linux_system_call(Int64(__NR_nanosleep), UInt64(address: pointer), 0, 0, 0, 0, 0)
        }
    }

    /// Kinds of readiness (poll(2)).
    public struct Readiness: OptionSet, Hashable, Sendable {
        /// The bits of poll(2).
        public let rawValue: Int16
        /// A set from the bits of poll(2).
        public init(rawValue: Int16) { self.rawValue = rawValue }
        /// POLLIN.
        public static let readable = Readiness(rawValue: 1)
        /// Something exceptional: for a file of cgroup v2, its content changed (POLLPRI).
        public static let changed = Readiness(rawValue: 2)
        /// POLLOUT.
        public static let writable = Readiness(rawValue: 4)
        /// POLLERR.
        public static let error = Readiness(rawValue: 8)
        /// The other side is gone.
        public static let hungUp = Readiness(rawValue: 16)
        /// There is no such descriptor (POLLNVAL).
        public static let notOpen = Readiness(rawValue: 32)
    }

    /// Waits until one of the descriptors is ready or the time is over. Negative time waits for ever.
    /// - Returns: what each descriptor is ready for, in their order; all empty when the time is over.
    public static func poll(
        _ requests: [(descriptor: Int32, for: Readiness)], milliseconds time: Int64
    ) throws(KernelError) -> [Readiness] {
        // struct pollfd: the descriptor, then two halves of a word: requested and returned events.
        var records = requests.map { ($0.descriptor, $0.for.rawValue, Int16(0)) }
        var duration: (Int64, Int64) = (time / 1000, time % 1000 * 1_000_000)
        let count = UInt64(records.count)
        var failure: KernelError?
        unsafe records.withUnsafeMutableBytes { records in
            unsafe withUnsafeMutablePointer(to: &duration) { duration in
                do throws(KernelError) {
                    try unsafe systemCall(
                        __NR_ppoll, "ppoll", on: "", UInt64(address: records.baseAddress), count,
                        time < 0 ? 0 : UInt64(address: duration), 0, 8)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return records.map { Readiness(rawValue: $0.2) }
    }
}
