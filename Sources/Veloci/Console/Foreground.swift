internal import CLinux
internal import LinuxKernel

/// Stays with a program in the foreground: forwards signals to it, carries its terminal, and tells how it ended.
///
/// For command lines alone, which have one thread: it blocks signals of the calling thread and changes the mode of the caller's
/// terminal, and puts both back. In a program with other threads these would get the signals.
package struct Foreground: ~Copyable {
    private let process: ContainerProcess
    private let signals: Descriptor
    private let savedMask: UInt64
    private var savedTerminal: TerminalMode?

    /// Signals that stay the caller's: the end of a child and what no program may catch.
    private static let signalChild: UInt64 = 17
    private static let windowChange: UInt32 = 28
    private static let urgent: UInt32 = 23
    /// SIGHUP, SIGINT, SIGQUIT and SIGTERM.
    private static let ending: [UInt32] = [1, 2, 3, 15]
    /// Milliseconds for who reads the program's output.
    private static let patience: Int64 = 1000

    /// From here on the calling thread receives signals through this value, so that none is lost before the program runs.
    package static func blockSignals() throws(Failure) -> (mask: UInt64, descriptor: Int32) {
        var all = ~UInt64(0)
        // SIGSEGV and its kin stay deadly; SIGKILL and SIGSTOP cannot be blocked.
        for signal in [4, 5, 7, 8, 11, 31] as [UInt64] { all &= ~(1 << (signal - 1)) }
        var before: UInt64 = 0
        do throws(KernelError) {
            try unsafe withUnsafeMutablePointer(to: &before) { (before) throws(KernelError) in
                try unsafe withUnsafePointer(to: &all) { (all) throws(KernelError) in
                    _ = try unsafe systemCall(
                        __NR_rt_sigprocmask, "sigprocmask", on: "", UInt64(SIG_SETMASK), UInt64(address: all),
                        UInt64(address: before), 8)
                }
            }
            let descriptor = try unsafe withUnsafePointer(to: &all) { (all) throws(KernelError) in
                try unsafe systemCall(
                    __NR_signalfd4, "signalfd", on: "", UInt64(bitPattern: -1), UInt64(address: all), 8,
                    UInt64(O_CLOEXEC | O_NONBLOCK))
            }
            return (before, Int32(descriptor))
        } catch {
            throw .kernel(error, "cannot receive signals")
        }
    }

    /// Gives a terminal the caller's size and leaves new lines to the caller's: for `prepareTerminal` of a request.
    package static func prepareTerminal(_ terminal: Int32) {
        TerminalRelay.prepare(terminal)
    }

    /// Follows a process until it ends.
    package init(_ process: ContainerProcess, signals: (mask: UInt64, descriptor: Int32)) {
        self.process = process
        self.signals = Descriptor(owning: signals.descriptor)
        savedMask = signals.mask
    }

    /// Carries on until the program ends.
    package consuming func wait() throws(Failure) -> Termination {
        var relay = TerminalRelay(terminal: process.terminal)
        relay.begin()
        defer { relay.end() }
        var end: Termination?
        var isToEnd = false
        while true {
            if let end, relay.drain() { return end }
            var requests = relay.requests
            let (signalIndex, processIndex) = (requests.count, requests.count + 1)
            requests.append(PollRequest(descriptor: signals.number, events: PollRequest.readable))
            requests.append(
                PollRequest(descriptor: end == nil ? process.processDescriptor : -1, events: PollRequest.readable))
            // A negative descriptor is passed over.
            requests.append(
                PollRequest(descriptor: process.notification?.descriptor ?? -1, events: PollRequest.readable))
            do throws(KernelError) {
                // Who was told to end does not wait for somebody who reads nothing, but gives the last words a moment.
                try Polling.wait(&requests, milliseconds: end != nil && isToEnd ? Self.patience : -1)
            } catch {
                throw .kernel(error, "cannot wait for the container")
            }
            if let end, isToEnd, !requests.contains(where: { $0.isReady }) { return end }
            relay.handle(requests)
            // This process stays with the program, so it is the one that the manager watches. One that does not listen is
            // no reason to end the program.
            if requests[processIndex + 1].isReady, (try? process.notification?.forward(pid: Processes.own)) != false {
                process.notification = nil
            }
            if requests[signalIndex].isReady {
                let isAsked = forwardSignals(&relay)
                // Nobody is left to forward it to, only somebody who does not read what the program wrote.
                if let end, isAsked { return end }
                isToEnd = isToEnd || isAsked
            }
            if requests[processIndex].isReady { end = try process.wait() }
        }
    }

    /// - Returns: whether one of them asks for an end.
    private func forwardSignals(_ relay: inout TerminalRelay) -> Bool {
        var isToEnd = false
        unsafe withUnsafeTemporaryAllocation(byteCount: 8 * 128, alignment: 8) { records in
            // What does not fit is waited for again.
            let count = unsafe linux_system_call(
                Int64(__NR_read), UInt64(descriptor: signals.number), UInt64(address: records.baseAddress), 8 * 128, 0, 0, 0)
            for place in stride(from: 0, to: Int(max(count, 0)), by: 128) {
                let signal = unsafe records.load(fromByteOffset: place, as: UInt32.self)
                switch signal {
                case UInt32(Self.signalChild), Self.urgent: continue
                case Self.windowChange: relay.resize()
                default:
                    if Self.ending.contains(signal) { isToEnd = true }
                    _ = try? process.send(Signal(rawValue: Int32(signal)))
                }
            }
        }
        return isToEnd
    }

    deinit {
        unsafe withUnsafePointer(to: savedMask) { mask in
            _ = unsafe linux_system_call(
                Int64(__NR_rt_sigprocmask), UInt64(SIG_SETMASK), UInt64(address: mask), 0, 8, 0, 0)
        }
    }
}
