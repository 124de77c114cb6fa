internal import CLinux

/// Descriptors of the caller that the program gets under the same numbers.
enum KeptDescriptors {
    /// What /proc/sys/fs/nr_open is by default. Any number may come from outside; a list of it must not fill the memory.
    private static let limit = 1 << 20

    /// The first `count` descriptors after the standard streams.
    static func numbers(_ count: Int, without missing: [Int32]) throws(Failure) -> [Int32] {
        guard (0...limit).contains(count) else {
            throw Failure(.invalidArgument, "cannot preserve \(count) descriptors: a process has at most \(limit)")
        }
        let numbers = (0..<Int32(count)).map { 3 + $0 }
        if missing.isEmpty { return numbers }
        let missing = Set(missing)
        return numbers.filter { !missing.contains($0) }
    }

    static func check(_ numbers: [Int32]) throws(Failure) {
        for number in numbers where linux_system_call(Int64(__NR_fcntl), UInt64(number), UInt64(F_GETFD), 0, 0, 0, 0) < 0 {
            throw Failure(
                .invalidArgument, "unable to stat preserved-fd \(number - 3) (of \(numbers.count))",
                hint: "descriptor \(number) is not open")
        }
    }
}
