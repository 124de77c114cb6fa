internal import CLinux
internal import LinuxKernel

/// Carries bytes between the caller's standard streams and the container's terminal.
struct TerminalRelay {
    private let terminal: Int32?
    private var mode: TerminalMode?
    private var inputIsOpen: Bool
    private var outputIsOpen = true
    /// What was read from the caller and the terminal has not taken yet.
    private var pending: [UInt8] = []

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
        resize()
        // A program that does not read must not stop the relay of what it writes.
        _ = linux_system_call(
            Int64(__NR_fcntl), UInt64(descriptor: terminal), UInt64(F_SETFL), UInt64(O_NONBLOCK | O_RDWR), 0, 0, 0)
    }

    func end() {
        mode?.restore()
    }

    func resize() {
        if let terminal { Self.resize(terminal) }
    }

    private static func resize(_ terminal: Int32) {
        var size: UInt64 = 0
        withUnsafeMutablePointer(to: &size) { size in
            // Any of the streams may be redirected.
            let isKnown = [UInt64(0), 1, 2].contains { stream in
                linux_system_call(Int64(__NR_ioctl), stream, UInt64(TIOCGWINSZ), UInt64(address: size), 0, 0, 0) == 0
            }
            guard isKnown else { return }
            _ = linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: terminal), UInt64(TIOCSWINSZ), UInt64(address: size), 0, 0, 0)
        }
    }

    var requests: [PollRequest] {
        guard let terminal else { return [] }
        let readsInput = inputIsOpen && pending.count < 65536
        return [
            PollRequest(descriptor: readsInput ? 0 : -1, events: PollRequest.readable),
            PollRequest(
                descriptor: outputIsOpen ? terminal : -1,
                events: PollRequest.readable | (pending.isEmpty ? 0 : PollRequest.writable)),
        ]
    }

    mutating func handle(_ requests: [PollRequest]) {
        guard let terminal, requests.count >= 2 else { return }
        if requests[0].isReady {
            if let bytes = read(0) { pending += bytes } else { inputIsOpen = false }
        }
        if !pending.isEmpty {
            let count = pending.withUnsafeBytes { bytes in
                linux_system_call(
                    Int64(__NR_write), UInt64(descriptor: terminal), UInt64(address: bytes.baseAddress), UInt64(bytes.count), 0,
                    0, 0)
            }
            if count > 0 { pending.removeFirst(Int(count)) }
        }
        if requests[1].isReadable { copyOutput(terminal) }
    }

    /// Reads what the program wrote before it ended.
    mutating func drain() {
        guard let terminal else { return }
        while outputIsOpen, copyOutput(terminal) {}
    }

    @discardableResult
    private mutating func copyOutput(_ terminal: Int32) -> Bool {
        // EIO: nobody has the other side open any more.
        guard let bytes = read(terminal) else {
            outputIsOpen = false
            return false
        }
        if bytes.isEmpty { return false }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Pipes.write($0, to: 1) }
            if count > 0 {
                written += Int(count)
            } else if count == -Int64(EAGAIN) {
                // Whoever shares the caller's stream may have made it so that it does not wait.
                _ = try? Waiting.poll([(1, .writable)], milliseconds: -1)
            } else if count != -Int64(EINTR) {
                return false
            }
        }
        return true
    }

    /// Nil at the end; empty when there is nothing now.
    private func read(_ descriptor: Int32) -> [UInt8]? {
        var result: Int64 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
            result = linux_system_call(
                Int64(__NR_read), UInt64(descriptor: descriptor), UInt64(address: buffer.baseAddress), UInt64(buffer.count),
                0, 0, 0)
            count = max(0, Int(result))
        }
        if result == -Int64(EAGAIN) || result == -Int64(EINTR) { return [] }
        return result <= 0 ? nil : bytes
    }
}

/// The settings of a terminal (termios(3)), as the kernel lays them out.
struct TerminalMode {
    private let descriptor: Int32
    private let saved: (UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64)

    /// Nil if the descriptor is no terminal.
    init?(of descriptor: Int32) {
        var settings: (UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)
        let result = withUnsafeMutablePointer(to: &settings) { settings in
            linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: descriptor), UInt64(TCGETS), UInt64(address: settings), 0, 0, 0)
        }
        guard result == 0 else { return nil }
        self.descriptor = descriptor
        saved = settings
    }

    private func apply(_ settings: (UInt32, UInt32, UInt32, UInt32, UInt64, UInt64, UInt64)) {
        withUnsafePointer(to: settings) { settings in
            _ = linux_system_call(
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
