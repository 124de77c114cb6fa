internal import LinuxKernel
internal import Seccomp

/// Decides about system calls that a container's filter leaves to it (`SCMP_ACT_NOTIFY`, seccomp_unotify(2)).
///
/// The container's process waits for each answer, from the moment when it has the filter. What it needs itself before the program
/// runs, such as `openat`, has to be answered beside `create` and `start`, in another thread or task.
///
/// The process may change its memory while it waits: what `readText` gives must not be what a call is trusted for that is allowed
/// then.
public final class SystemCallSupervisor: Sendable {
    /// The listener, which can be read from when a call waits.
    public let descriptor: Int32

    /// - Parameter descriptor: the listener that a `DescriptorSocket` received; owned from here on, and closed with this value.
    ///   Calls that nobody answers then fail with `ENOSYS`.
    public init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = Descriptor(owning: descriptor) }

    /// The next call. Waits until there is one; nil when no process has the filter any more.
    public func next() throws(Failure) -> SupervisedCall? {
        do throws(KernelError) {
            while true {
                let ready = try Waiting.poll([(descriptor, .readable)], milliseconds: -1)[0]
                if ready.contains(.readable) {
                    if let notice = try SystemCallNotices.next(descriptor) { return SupervisedCall(notice) }
                } else if !ready.isEmpty {
                    return nil
                }
            }
        } catch {
            throw .kernel(error, "cannot learn of system calls")
        }
    }

    /// Has the kernel perform the call, as if there were no filter.
    public func allow(_ call: SupervisedCall) throws(Failure) {
        try answer { () throws(KernelError) in
            try SystemCallNotices.answer(call.id, value: 0, error: 0, flags: 1, to: descriptor)
        }
    }

    /// Has the call fail.
    public func refuse(_ call: SupervisedCall, with error: Errno) throws(Failure) {
        try answer { () throws(KernelError) in
            try SystemCallNotices.answer(call.id, value: 0, error: -error.rawValue, flags: 0, to: descriptor)
        }
    }

    /// Has the call return a value: it was performed here.
    public func answer(_ call: SupervisedCall, with value: Int64) throws(Failure) {
        try answer { () throws(KernelError) in
            try SystemCallNotices.answer(call.id, value: value, error: 0, flags: 0, to: descriptor)
        }
    }

    /// Has the call return a new descriptor of the process, a copy of one of this program's.
    public func answer(_ call: SupervisedCall, withDescriptor number: Int32, closesOnExecution: Bool = true) throws(Failure) {
        try answer { () throws(KernelError) in
            try SystemCallNotices.answer(call.id, descriptor: number, closesOnExecution: closesOnExecution, to: descriptor)
        }
    }

    /// Bytes of the memory of the process, up to a zero byte: what an argument that is a path points to.
    ///
    /// A pointer that leads nowhere needs no further care: the call is answered with `EFAULT`, as the kernel does it.
    ///
    /// - Returns: nil when there is nothing to decide any more: the process has ended or was interrupted, or the pointer leads
    ///   nowhere.
    public func readText(_ call: SupervisedCall, argument: Int, limit: Int = 4096) throws(Failure) -> [UInt8]? {
        guard call.arguments.indices.contains(argument) else {
            throw Failure(.invalidArgument, "a system call has arguments 0 to 5")
        }
        var text: [UInt8] = []
        var address = call.arguments[argument]
        do throws(KernelError) {
            while text.count < limit {
                // No further than the page: the next may not be there.
                let count = min(limit - text.count, 4096 - Int(address % 4096))
                let bytes = try SystemCallNotices.memory(of: call.pid, at: address, count: count)
                if let end = bytes.firstIndex(of: 0) {
                    text += bytes[..<end]
                    break
                }
                text += bytes
                address += UInt64(count)
            }
        } catch {
            if !isWaiting(call) { return nil }
            if error.errno == .badAddress {
                try refuse(call, with: .badAddress)
                return nil
            }
            throw .kernel(error, "cannot read an argument of a system call")
        }
        // The pid may have come to mean another process.
        return isWaiting(call) ? text : nil
    }

    /// Whether the call still waits for its answer.
    public func isWaiting(_ call: SupervisedCall) -> Bool { SystemCallNotices.isWaiting(call.id, at: descriptor) }

    /// What has no process any more needs no answer, and what has one no second.
    private func answer(_ body: () throws(KernelError) -> Void) throws(Failure) {
        do throws(KernelError) {
            try body()
        } catch where error.errno == .noEntry || error.errno.name == "EINPROGRESS" {
            return
        } catch {
            throw .kernel(error, "cannot answer a system call")
        }
    }
}

/// A system call that waits for an answer.
public struct SupervisedCall: Sendable {
    let id: UInt64
    /// The thread that calls, as this program sees it.
    public let pid: Int32
    /// The system call's number, which depends on the architecture.
    public let number: Int32
    /// The architecture that the call is made for (`AUDIT_ARCH_*`).
    public let architecture: UInt32
    /// The six arguments, as they are in the registers.
    public let arguments: [UInt64]

    init(_ notice: SystemCallNotices.Notice) {
        id = notice.id
        pid = notice.pid
        number = notice.number
        architecture = notice.architecture
        arguments = notice.arguments
    }

    /// Whether it is the system call of this name, on whatever architecture.
    public func isNamed(_ name: String) -> Bool { SystemCallNumbers.number(of: name, architecture: architecture) == number }
}
