/// Instructions that answer ENOSYS to system calls newer than the profile.
///
/// A profile that allows by name and denies the rest with an errno cannot name calls that did not exist when it was
/// written. C libraries try a new call first and fall back to the old one on ENOSYS, but not on EPERM: without the
/// guard a newer image breaks under an older profile (clone3, faccessat2, close_range have all done so).
///
/// The rule: when the default action is `SCMP_ACT_ERRNO` with another errno, a call whose number is above every number
/// that the profile names for that architecture returns ENOSYS. Only the errno of calls that are denied anyway
/// changes, so no program gets more than the profile gives.
///
/// RUNC: the same idea; but there it also replaces killing and trapping, which this runtime leaves as the profile says.
struct UnknownCallGuard {
    /// The highest number that the profile names, by architecture token.
    private var highest: [(architecture: UInt32, number: UInt32)] = []
    private let isNeeded: Bool

    init(_ defaultAction: UInt32) {
        let isErrno = defaultAction & FilterResult.actionMask == FilterResult.errno
        isNeeded = isErrno && defaultAction & FilterResult.dataMask != Self.enosys
    }

    /// Notes that the profile names a call. Negative numbers mean that the architecture does not have it.
    mutating func note(_ number: Int32, architecture: UInt32) {
        guard isNeeded, number >= 0 else { return }
        let number = UInt32(number)
        // ARM's private calls are in no table; counting them would make every other number look old.
        if architecture == ArchitectureToken.arm, number >= ArchitectureToken.armPrivate { return }
        if let index = highest.firstIndex(where: { $0.architecture == architecture }) {
            highest[index].number = max(highest[index].number, number)
        } else {
            highest.append((architecture, number))
        }
    }

    /// The comparison for one architecture: returns ENOSYS, or runs on behind its end. Empty when the profile names no
    /// call of that architecture.
    func instructions(for architecture: UInt32) -> [SockFilter] {
        guard let highest = highest(architecture) else { return [] }
        let load = SockFilter(BPF.loadWord, BPF.numberOffset)
        let comparison = [
            SockFilter(BPF.jumpGreater, highest, jumpFalse: 1),
            SockFilter(BPF.returnValue, FilterResult.errno | Self.enosys),
        ]
        switch architecture {
        case ArchitectureToken.x86_64:
            // Numbers of x32 that come here are those of a profile without x32: the filter's business (it kills them).
            return [load, SockFilter(BPF.jumpAnyBit, ArchitectureToken.x32Bit, jumpTrue: 2)] + comparison
        case ArchitectureToken.arm:
            return [load, SockFilter(BPF.jumpGreaterOrEqual, ArchitectureToken.armPrivate, jumpTrue: 2)] + comparison
        default:
            return [load] + comparison
        }
    }

    private func highest(_ architecture: UInt32) -> UInt32? {
        highest.first { $0.architecture == architecture }?.number
    }

    static let enosys: UInt32 = 38
}
