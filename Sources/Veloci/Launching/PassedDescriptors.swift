internal import CLinux
internal import ContainerPlan
internal import LinuxKernel

/// Descriptors of the caller that the program gets, by the numbers that they have there.
struct PassedDescriptors {
    /// What keeps its number.
    let kept: [Int32]
    /// What gets another number.
    let placements: [(descriptor: Int32, number: Int32)]
    /// The lowest number that none of the placements takes.
    private let free: Int32

    /// What /proc/sys/fs/nr_open is by default.
    private static let limit: Int32 = 1 << 20

    /// - Throws: `Failure`; `invalidArgument` for a number that cannot be given, or a descriptor that is not open.
    init(_ passing: [Int32: Int32] = [:]) throws(Failure) {
        let entries = passing.map { (number: $0.key, descriptor: $0.value) }.sorted { $0.number < $1.number }
        for (number, descriptor) in entries {
            guard number > 2, number < Self.limit else {
                throw Failure(
                    .invalidArgument, "a descriptor cannot be passed as number \(number)",
                    hint: "numbers from 3 to \(Self.limit - 1) are free; the standard streams are given as such")
            }
            guard linux_system_call(Int64(__NR_fcntl), UInt64(descriptor: descriptor), UInt64(F_GETFD), 0, 0, 0, 0) >= 0 else {
                throw Failure(
                    .invalidArgument, "unable to stat preserved-fd \(number - 3) (of \(entries.count))",
                    hint: "descriptor \(descriptor) is not open")
            }
        }
        kept = entries.filter { $0.number == $0.descriptor }.map { $0.number }
        placements = entries.filter { $0.number != $0.descriptor }.map { (descriptor: $0.descriptor, number: $0.number) }
        free = (placements.last?.number ?? 2) + 1
    }

    private func isTaken(_ number: Int32) -> Bool { placements.contains { $0.number == number } }

    /// A descriptor of this library's own under a number that the program does not want.
    func outOfTheWay(_ descriptor: consuming Descriptor) throws(KernelError) -> Descriptor {
        guard isTaken(descriptor.number) else { return descriptor }
        return try descriptor.duplicate(atLeast: free)
    }

    /// A second descriptor, the caller's, for one whose number the program wants; nil when it does not.
    func copyOutOfTheWay(_ number: Int32) throws(KernelError) -> Int32? {
        guard isTaken(number) else { return nil }
        return Int32(
            try systemCall(
                __NR_fcntl, "fcntl", on: "descriptor \(number)", UInt64(descriptor: number), UInt64(F_DUPFD_CLOEXEC),
                UInt64(descriptor: free)))
    }

    /// Gives the descriptors that were opened for the stage other numbers where the program wants theirs.
    func clear(_ table: DescriptorTable) throws(KernelError) {
        for (slot, number) in table.numbers {
            guard let copy = try copyOutOfTheWay(number) else { continue }
            _ = table.take(slot)
            table.set(slot, Descriptor(owning: copy))
        }
    }
}
