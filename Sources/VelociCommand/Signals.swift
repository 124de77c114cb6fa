internal import ByteText

/// Signals by name. Numbers are those of x86-64 and arm64.
enum Signals {
    /// The number of a signal given as a number or as a name, in any case and with or without `SIG`.
    ///
    /// - Throws: runc's words when there is no such signal.
    static func number(_ text: String) throws(CommandFailure) -> Int32 {
        if let number = Int32(text) {
            // 0 asks whether the process is there.
            guard (0...64).contains(number) else { throw unknown(text) }
            return number
        }
        let capitals = text.raised
        let name = capitals.after("SIG") ?? capitals
        if let index = names.firstIndex(of: name) { return Int32(index) + 1 }
        switch name {
        case "IOT": return 6
        case "CLD": return 17
        case "POLL": return 29
        default: break
        }
        // Real-time signals count from both ends. 32 and 33 belong to the C library.
        if let number = realTime(name) { return number }
        throw unknown(text)
    }

    private static func unknown(_ text: String) -> CommandFailure { CommandFailure("unknown signal \(Quoted.go(text))") }

    private static func realTime(_ name: String) -> Int32? {
        for (prefix, base, sign) in [("RTMIN", 34, 1), ("RTMAX", 64, -1)] as [(String, Int32, Int32)] {
            guard let rest = name.after(prefix) else { continue }
            if rest.isEmpty { return base }
            guard let digits = rest.after(sign > 0 ? "+" : "-"), let distance = Int32(digits), (0...30).contains(distance)
            else { return nil }
            return base + sign * distance
        }
        return nil
    }

    /// The names of signals 1 to 31.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
        "PWR", "SYS",
    ]
}
