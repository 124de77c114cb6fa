internal import CLinux
internal import LinuxKernel

/// Carries bytes between the caller's standard streams and the container's terminal. Nobody is waited for in reading or writing:
/// a caller who does not read must not keep signals, input and the program's end from being seen.
struct TerminalRelay {
    private let terminal: Int32?
    private var mode: TerminalMode?
    private var output = CallerOutput()
    private var inputIsOpen: Bool
    private var outputIsOpen = true
    /// What was read from the caller and the terminal has not taken yet.
    private var pending: [UInt8] = []
    /// What was read from the terminal and the caller has not taken yet.
    private var unread: [UInt8] = []
    /// The caller's terminal, until it hangs up.
    private var watched: Int32 = -1
    /// How much is held of either direction.
    private static let limit = 65536

    init(terminal: Int32?) {
        self.terminal = terminal
        inputIsOpen = terminal != nil
    }

    /// Gives the container's terminal the size of the caller's. RUNC: which turns line feeds into new lines already.
    static func prepare(_ terminal: Int32) {
        TerminalMode(of: terminal)?.clearOutputProcessing()
        resize(terminal)
    }

    /// The caller's own terminal passes every key on.
    mutating func begin() {
        guard let terminal else { return }
        mode = TerminalMode(of: 0)
        mode?.makeRaw()
        output.open()
        watched = mode != nil ? 0 : TerminalMode(of: 1) != nil ? 1 : -1
        resize()
        // A program that does not read must not stop the relay of what it writes.
        _ = linux_system_call(
            Int64(__NR_fcntl), UInt64(descriptor: terminal), UInt64(F_SETFL), UInt64(O_NONBLOCK | O_RDWR), 0, 0, 0)
    }

    mutating func end() {
        mode?.restore()
        output.close()
    }

    func resize() {
        if let terminal { Self.resize(terminal) }
    }

    private static func resize(_ terminal: Int32) {
        var size: UInt64 = 0
        unsafe withUnsafeMutablePointer(to: &size) { size in
            // Any of the streams may be redirected.
            let isKnown = [UInt64(0), 1, 2].contains { stream in
                unsafe linux_system_call(Int64(__NR_ioctl), stream, UInt64(TIOCGWINSZ), UInt64(address: size), 0, 0, 0) == 0
            }
            guard isKnown else { return }
            _ = unsafe linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: terminal), UInt64(TIOCSWINSZ), UInt64(address: size), 0, 0, 0)
        }
    }

    /// What to wait for, in the order in which `handle` expects it; nothing without a terminal.
    var requests: [PollRequest] {
        guard let terminal else { return [] }
        let readsInput = inputIsOpen && pending.count < Self.limit
        let events = (unread.count < Self.limit ? PollRequest.readable : 0) | (pending.isEmpty ? 0 : PollRequest.writable)
        return [
            PollRequest(descriptor: readsInput ? 0 : -1, events: PollRequest.readable),
            PollRequest(descriptor: outputIsOpen && events != 0 ? terminal : -1, events: events),
            PollRequest(descriptor: unread.isEmpty ? -1 : output.number, events: PollRequest.writable),
            PollRequest(descriptor: watched, events: 0),
        ]
    }

    mutating func handle(_ requests: [PollRequest]) {
        guard let terminal, requests.count >= 4 else { return }
        if requests[3].isReady { return hangUp() }
        if requests[0].isReady {
            if let bytes = read(0) { pending += bytes } else { inputIsOpen = false }
        }
        if !pending.isEmpty {
            let count = unsafe pending.withUnsafeBytes { bytes in
                unsafe linux_system_call(
                    Int64(__NR_write), UInt64(descriptor: terminal), UInt64(address: bytes.baseAddress), UInt64(bytes.count), 0,
                    0, 0)
            }
            if count > 0 { pending.removeFirst(Int(count)) }
        }
        let waited = !unread.isEmpty
        if requests[1].isReadable { takeOutput(terminal) }
        if requests[2].isReady || !waited { giveOutput() }
    }

    /// Passes on what the program wrote before it ended. False while the caller has not taken all of it: `requests` says when to
    /// go on.
    mutating func drain() -> Bool {
        guard let terminal else { return true }
        (inputIsOpen, pending) = (false, [])
        while outputIsOpen {
            if unread.count >= Self.limit { return false }
            // Others may have the terminal open; the program's end is what counts.
            if !takeOutput(terminal) { outputIsOpen = false }
            giveOutput()
        }
        return unread.isEmpty
    }

    /// The caller's terminal, or who read what it gets, is gone: the program's own terminal hangs up as well, which tells it with
    /// SIGHUP. In place of our end another file gets its number, whose owner closes it.
    private mutating func hangUp() {
        (inputIsOpen, outputIsOpen, pending, unread, watched) = (false, false, [], [], -1)
        guard let terminal, let null = try? Files.open("/dev/null", flags: .readWrite) else { return }
        _ = linux_system_call(
            Int64(__NR_dup3), UInt64(descriptor: null.number), UInt64(descriptor: terminal), UInt64(O_CLOEXEC), 0, 0, 0)
    }

    /// False when there is nothing, or nothing any more.
    @discardableResult
    private mutating func takeOutput(_ terminal: Int32) -> Bool {
        // EIO: nobody has the other side open any more.
        guard let bytes = read(terminal) else {
            outputIsOpen = false
            return false
        }
        unread += bytes
        return !bytes.isEmpty
    }

    private mutating func giveOutput() {
        while !unread.isEmpty {
            let count = output.write(unread)
            if count > 0 {
                unread.removeFirst(Int(count))
                // Without a file of our own only the first write after readiness is sure not to wait.
                if !output.neverWaits { return }
            } else if count == -Int64(EAGAIN) {
                return
            } else if count != -Int64(EINTR) {
                return hangUp()
            }
        }
    }

    /// Nil at the end; empty when there is nothing now.
    private func read(_ descriptor: Int32) -> [UInt8]? {
        var result: Int64 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
            result = unsafe linux_system_call(
                Int64(__NR_read), UInt64(descriptor: descriptor), UInt64(address: buffer.baseAddress), UInt64(buffer.count),
                0, 0, 0)
            count = max(0, Int(result))
        }
        if result == -Int64(EAGAIN) || result == -Int64(EINTR) { return [] }
        return result <= 0 ? nil : bytes
    }
}

/// The caller's standard output, written without waiting for who reads it.
struct CallerOutput {
    /// The same pipe or terminal opened once more, without changing how the caller's own file behaves; -1 for none.
    private var own: Int32 = -1
    /// How much may be written when poll(2) says that something may.
    private var share = 4096

    /// Whether writing says EAGAIN instead of waiting.
    private(set) var neverWaits = false

    mutating func open() {
        guard let status = try? Files.status(of: "/proc/self/fd/1", followingLink: true) else { return }
        switch status.kind {
        case .file: (share, neverWaits) = (.max, true)
        case .pipe, .characterDevice:
            // Opening the multiplexer would make another terminal.
            let isMultiplexer = (status.deviceMajor, status.deviceMinor) == (5, 2)
            if status.kind == .characterDevice, TerminalMode(of: 1) == nil || isMultiplexer { return }
            // Where that is refused a pipe takes a page at once, and a terminal not much without a reader.
            if status.kind == .characterDevice { share = 64 }
            let file = try? Files.open("/proc/self/fd/1", flags: [.writeOnly, .nonBlocking, .noControllingTerminal])
            guard let file else { return }
            own = file.release()
            (share, neverWaits) = (.max, true)
        default: break
        }
    }

    mutating func close() {
        if own >= 0 { _ = Descriptor(owning: own) }
        own = -1
    }

    var number: Int32 { own >= 0 ? own : 1 }

    /// - Returns: how much was written, or the negative errno.
    func write(_ bytes: [UInt8]) -> Int64 {
        unsafe bytes.withUnsafeBytes { unsafe Pipes.write(UnsafeRawBufferPointer(rebasing: $0.prefix(share)), to: number) }
    }
}

/// The settings of a terminal (termios(3)), as the kernel lays them out.
struct TerminalMode {
    private let descriptor: Int32
    private let saved: (UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64)

    /// Nil if the descriptor is no terminal.
    init?(of descriptor: Int32) {
        var settings: (UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)
        let result = unsafe withUnsafeMutablePointer(to: &settings) { settings in
            unsafe linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: descriptor), UInt64(TCGETS), UInt64(address: settings), 0, 0, 0)
        }
        guard result == 0 else { return nil }
        self.descriptor = descriptor
        saved = settings
    }

    private func apply(_ settings: (UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64)) {
        unsafe withUnsafePointer(to: settings) { settings in
            _ = unsafe linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: descriptor), UInt64(TCSETS), UInt64(address: settings), 0, 0, 0)
        }
    }

    /// What cfmakeraw(3) does to input: every byte as it comes, nothing echoed, nothing turned into a signal. Output stays
    /// processed: the container's terminal leaves new lines to this one.
    func makeRaw() {
        var settings = saved
        // Input: IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON; control: CSIZE PARENB, then CS8;
        // local: ECHO ECHONL ICANON ISIG IEXTEN.
        let input: UInt32 = 0o2753
        let control: UInt32 = 0o460
        let local: UInt32 = 0o100113
        settings.0 &= ~input
        settings.2 &= ~control
        settings.2 |= 0o60
        settings.3 &= ~local
        apply(settings)
    }

    /// Line feeds of the container's terminal go out as they are.
    func clearOutputProcessing() {
        var settings = saved
        settings.1 &= ~UInt32(0o4)
        apply(settings)
    }

    func restore() {
        apply(saved)
    }
}
