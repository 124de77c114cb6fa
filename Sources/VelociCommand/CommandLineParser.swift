internal import ByteText

/// Splits a command line into flags and arguments by the rules that callers of runc expect.
///
/// Written by hand: swift-argument-parser costs 1.5 ms at each start and 6 MB, three times the rest of a short command,
/// and cannot read Go's flags (one dash or two before any name).
///
/// - `-name`, `--name`, `-name=value`, `--name=value` and `--name value` are the same; letters are not joined.
/// - The text after a flag with a value is its value, whatever it looks like.
/// - `--` ends the flags, and so does anything like `-1`.
/// - Flags may follow arguments, unless the command passes its arguments on (`exec`, `kill`, `ps`).
struct CommandLineParser {
    /// The command's own flags, looked up first.
    let flags: [Flag]
    /// Flags of the program, which may stand behind the command's name as well.
    var globalFlags: [Flag] = []
    /// After that many arguments everything is an argument.
    var argumentLimit: Int? = nil
    /// Whether what follows the limit is read by somebody else, `--` included.
    var leavesRestAlone = false

    struct Result {
        var flags = FlagValues()
        var globalFlags = FlagValues()
        var arguments: [String] = []
        /// Whether `--help` was among the flags.
        var wantsHelp = false
    }

    /// Why a command line cannot be read, in runc's words.
    struct UsageError: Error, Equatable {
        let message: String
        /// Whether `--help` stood before what cannot be read.
        var wantsHelp = false
    }

    /// Reads the texts behind the program's or the command's name.
    func parse(_ texts: some Collection<String>) throws(UsageError) -> Result {
        var result = Result()
        var rest = texts[...]
        while let text = rest.popFirst() {
            if leavesRestAlone && result.arguments.count == argumentLimit {
                result.arguments.append(text)
                result.arguments += rest
                break
            }
            if text == "--" {
                result.arguments += rest
                break
            }
            if result.arguments.count == argumentLimit || Self.endsFlags(text) {
                result.arguments.append(text)
                result.arguments += rest
                break
            }
            guard text.utf8.first == UInt8(ascii: "-"), text.utf8.count > 1 else {
                result.arguments.append(text)
                continue
            }
            do throws(UsageError) {
                try parseFlag(text, &rest, &result)
            } catch {
                throw UsageError(message: error.message, wantsHelp: result.wantsHelp)
            }
        }
        return result
    }

    /// Whether a text has the dash of a flag but no name behind it.
    private static func endsFlags(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "-"), let second = bytes.dropFirst().first else { return false }
        return second != UInt8(ascii: "-") && !second.isLetter && second < 0x80
    }

    private func parseFlag<Rest: Collection<String>>(
        _ text: String, _ rest: inout Rest, _ result: inout Result
    ) throws(UsageError) where Rest.SubSequence == Rest {
        var name = text.after("--") ?? text.after("-") ?? text
        var given: String?
        if let halves = name.halves(at: "=") { (name, given) = halves }
        if name == "help" || name == "h" {
            result.wantsHelp = given.map { FlagText.bool($0) ?? true } ?? true
            return
        }
        let own = flags.first { $0.hasName(name) }
        guard let flag = own ?? globalFlags.first(where: { $0.hasName(name) }) else {
            throw UsageError(message: "flag provided but not defined: -\(name)")
        }
        if case .bool = flag.kind {
            if given == nil || given == "" { given = "true" }
        } else if given == nil {
            given = rest.popFirst()
        }
        guard let given else { throw UsageError(message: "flag needs an argument: \(text)") }
        guard let value = FlagText.value(given, flag.kind) else {
            throw UsageError(message: "invalid value \(Quoted.go(given)) for flag -\(name): parse error")
        }
        if own != nil { result.flags.append(flag, value) } else { result.globalFlags.append(flag, value) }
    }
}
