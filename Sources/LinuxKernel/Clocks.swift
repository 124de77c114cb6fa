internal import CLinux

/// The clocks of the kernel (clock_gettime(2)).
package enum Clocks {
    /// CLOCK_MONOTONIC in nanoseconds: not moved by changes of the time, the same for all processes of one time namespace.
    package static func monotonic() -> Int64 {
        let (seconds, nanoseconds) = read(1)
        return seconds * 1_000_000_000 + nanoseconds
    }

    /// CLOCK_REALTIME: the time since 1970 in UTC.
    package static func realtime() -> (seconds: Int64, nanoseconds: Int64) { read(0) }

    private static func read(_ clock: UInt64) -> (seconds: Int64, nanoseconds: Int64) {
        var time: (Int64, Int64) = (0, 0)
        unsafe withUnsafeMutablePointer(to: &time) { pointer in
            _ = unsafe linux_system_call(Int64(__NR_clock_gettime), clock, UInt64(address: pointer), 0, 0, 0, 0)
        }
        return time
    }
}
