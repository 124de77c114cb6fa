import Glibc
import RuntimeSpec

@testable import Cgroups
@testable import DBus
@testable import LinuxKernel
@testable import Veloci
@testable import VelociCommand

extension Fuzzer {
    /// Whole command lines: words between zero bytes.
    static let commandLine = Fuzzer("command-line", seeds: [
        "--root\u{0}/x\u{0}exec\u{0}--user\u{0}1:2\u{0}-e\u{0}A=b\u{0}id\u{0}sh", "kill\u{0}--all\u{0}id\u{0}SIGRTMIN+3",
        "update\u{0}--memory=5g\u{0}--cpu-quota\u{0}-1\u{0}id", "run\u{0}--preserve-fds=3\u{0}-b\u{0}.\u{0}id", "events\u{0}--interval\u{0}1.5h\u{0}id",
        "--systemd-cgroup\u{0}--rootless=true\u{0}delete\u{0}-f\u{0}id", "exec\u{0}--cgroup\u{0}cpu,memory:/x\u{0}id\u{0}--\u{0}a",
    ]) { bytes in
        let words = bytes.split(separator: 0, omittingEmptySubsequences: false).prefix(60).map { String(decoding: $0, as: UTF8.self) }
        let parser = CommandLineParser(flags: GlobalOptions.flags, argumentLimit: 1, leavesRestAlone: true)
        guard let global = try? parser.parse(words) else { return }
        _ = try? GlobalOptions(global.flags) { _ in nil }
        for command in Subcommands.all() {
            _ = Help.command("veloci", command)
            let own = CommandLineParser(flags: command.flags, globalFlags: GlobalOptions.flags, argumentLimit: command.argumentLimit)
            guard let parsed = try? own.parse(global.arguments.dropFirst()) else { continue }
            _ = command.arity.complaint(parsed.arguments.count, program: "veloci", command: command.name)
            if let overrides = try? ExecOverrides(parsed.flags, parsed.arguments) { apply(overrides) }
            if let resources = try? ResourceFlags.resources(parsed.flags) {
                expect((try? Resources.decode(resources.encoded())) != nil, "resources that cannot be written: \(resources)")
            }
        }
    }

    private static func apply(_ overrides: ExecOverrides) {
        let before = Spec.Process(user: User(uid: 0, gid: 0), args: ["sh"], cwd: "/")
        let process = overrides.applied(to: before)
        // CVE-2022-29162: no flag adds to what a program inherits.
        expect(process.capabilities?.inheritable == nil, "exec adds inheritable capabilities")
        if let userID = overrides.userID { expect(process.user.uid == userID, "another user than was asked for") }
    }

    /// Single words of the command line and of configurations, each beside another reading of it.
    static let texts = Fuzzer("texts", seeds: [
        "0SIGRTMAX-3", "112:34", "2512m", "3-1h2.5s", "4cpu:/a/../b", "50x1f", "6a.b-c_+", "7@a{sv} {'a': <uint32 5>}", "8net.ipv4.x/y",
        "90-3,7", ":1.0.0-rc.1+x", ";root:x:0:0\nx:y:4294967296", "<mounts[3].options[\"x\"]", "=1.5e-7", ">\u{0}\u{1}\"\\\u{7f}é",
        "?unix:path=/a%20b", "@READY=1\nX", "A -100 0.0.0", "BPID TTY\n  1 x\n",
    ]) { bytes in
        var input = Input(bytes)
        let kind = input.below(20)
        let text = input.remainder()
        kind < 10 ? flagText(kind, text) : otherText(kind, text)
    }

    private static func flagText(_ kind: Int, _ text: String) {
        switch kind {
        case 0:
            guard let number = try? Signals.number(text) else { return }
            expect((0...64).contains(number), "signal \(number)")
        case 1: user(text)
        case 2:
            guard let size = ResourceFlags.bytes(text) else { return }
            expect(size >= 0, "\(text) is \(size) bytes")
        case 3: _ = FlagText.duration(text)
        case 4:
            for (controller, _) in (try? SubgroupPaths.parse([text])) ?? [] {
                expect(text.utf8.contains(UInt8(ascii: ":")) == !controller.isEmpty, "the controller of \(text) is \(controller)")
            }
        case 5: integer(text)
        case 6:
            guard (try? ContainerID.check(text)) != nil else { return }
            let isName = text.utf8.allSatisfy { isalnum(Int32($0)) != 0 || "_+-.".utf8.contains($0) }
            expect(isName && text != "." && text != "..", "the id \(text)")
        case 7: variant(text)
        case 8: parameter(text)
        default:
            guard let list = NumberList(text) else { return }
            expect(list.ranges.allSatisfy { $0.lowerBound >= 0 }, "the list \(text)")
        }
    }

    private static func otherText(_ kind: Int, _ text: String) {
        switch kind {
        case 10:
            guard let version = SemanticVersion(text) else { return }
            expect("\(version)" == text, "the version \(text) is \(version)")
        case 11:
            let name = UserNames.name(7, in: text + "\nseven:x:7:7\n")
            expect(name != nil, "a user who is there")
        case 12:
            guard let path = JSONPath(text) else { return }
            expect(JSONPath(path.description) == path, "the path \(text) is \(path)")
        case 13: decimal(text)
        case 14:
            let quoted = Quoted.go(text)
            expect(!quoted.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "control characters in \(quoted)")
            expect(!Quoted.logValue(text).utf8.contains(0x0a), "a line of a log with two lines")
        case 15:
            guard let address = try? DBusAddress(text) else { return }
            expect((try? DBusAddress(busAddress(ofSocket: address.name))) == DBusAddress(path: address.name), "the address \(text)")
        case 16: expect(Notification.ready(Array(text.utf8))?.contains(0x0a) != true, "two lines are passed on")
        case 17: expect(!HostHooks.said(Array(text.utf8)).utf8.contains { $0 < 0x20 || $0 == 0x7f }, "control characters of a hook")
        case 18: _ = try? ProcessTable.rows(text, [1, 7])
        default:
            let seconds = text.utf8.reduce(Int64(0)) { $0 &* 31 &+ Int64($1) } % 253_402_300_800
            expect(Timestamp(seconds: seconds).text.utf8.last == UInt8(ascii: "Z"), "a time without zone")
        }
    }

    /// A user is a number of 32 bits and nothing else but a plus before it (CVE-2016-3697, CVE-2026-30892).
    private static func user(_ text: String) {
        var flags = FlagValues()
        flags.append(.user, .text(text))
        guard let overrides = try? ExecOverrides(flags, ["id", "sh"]), let user = overrides.userID else { return }
        let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        func isRight(_ word: Substring, _ value: UInt32) -> Bool {
            let digits = word.hasPrefix("+") ? word.dropFirst() : word
            return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && strtoull(String(digits), nil, 10) == UInt64(value)
        }
        expect(isRight(words[0], user), "the user \(text) is \(user)")
        if words.count > 1, let group = overrides.groupID { expect(isRight(words[1], group), "the group of \(text) is \(group)") }
    }

    private static func integer(_ text: String) {
        guard let value = FlagText.integer(text) else { return }
        errno = 0
        // strtol has no words for 0b and 0o.
        let isPlain = !text.utf8.contains { [UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "o"), UInt8(ascii: "O")].contains($0) }
        if isPlain { expect(strtol(text, nil, 0) == value && errno == 0, "\(text) is \(value)") }
    }

    private static func decimal(_ text: String) {
        guard let value = Double(decimal: text) else { return }
        let other = strtod(text, nil)
        expect(value.bitPattern == other.bitPattern, "\(text) is \(value) instead of \(other)")
    }

    private static func variant(_ text: String) {
        _ = try? SystemdProperties.annotated(["org.systemd.property.TimeoutStopSec": text, "org.systemd.property.Other": text])
        guard let value = VariantText.parse(text) else { return }
        expect(DBusSignature.types(value.signature)?.count == 1, "a value of the type \(value.signature)")
        let message = DBusMessage(.call, path: "/x", interface: "a.b", member: "c", body: [.variant(value)])
        guard let read = try? DBusMessage(message.encoded()[...]) else { wrong("a message of \(text) cannot be read") }
        // A number that is none is not even equal to itself.
        expect("\(read.body)" == "\(message.body)", "\(message.body) is read as \(read.body)")
    }

    /// Nothing leads out of /proc/sys.
    private static func parameter(_ text: String) {
        guard let parts = SysctlName.parts(text) else { return }
        let isFile = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
        expect(isFile && !parts.isEmpty, "the parameter \(text) is \(parts)")
    }
}

extension DBusAddress {
    fileprivate init?(path: String) {
        guard let address = try? DBusAddress("unix:path=/x") else { return nil }
        self = address
        name = path
    }
}
