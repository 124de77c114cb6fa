internal import CLinux
internal import LinuxKernel

/// Descriptors that are set aside for the undo: an operation that fails because there are none left takes back with these what it
/// has made.
final class DescriptorReserve {
    private var numbers: [Int32] = []
    /// Standard streams that this process does not have: they are among those set aside, so nothing else gets their numbers.
    private(set) var closedStreams: [Int32] = []

    /// - Parameter hasContainer: whether a container is made, and not only a process: a control group inside another, its files,
    ///   the state directory and what is in it. As many as there are standard streams in any case.
    init(hasContainer: Bool) throws(Failure) {
        do throws(KernelError) {
            let first = try Files.open("/", flags: [.path, .directory])
            for _ in 1..<(hasContainer ? 8 : 3) {
                numbers.append(
                    Int32(
                        try systemCall(
                            __NR_fcntl, "fcntl", UInt64(descriptor: first.number), UInt64(F_DUPFD_CLOEXEC), 0)))
            }
            numbers.append(first.release())
            closedStreams = numbers.filter { $0 <= 2 }
        } catch {
            Descriptor.close(numbers)
            throw Failure(
                .kernel, "too few descriptors are free: \(error.call)", errno: error.errno,
                hint: "raise RLIMIT_NOFILE (ulimit -n)")
        }
    }

    /// Others may have them now.
    func release() {
        Descriptor.close(numbers)
        numbers = []
    }

    deinit { release() }
}
