import RuntimeSpec

@testable import Cgroups

extension Fuzzer {
    /// Rules of devices: the program for version 2 and the lists of version 1 beside what the rules say.
    static let devices = Fuzzer("devices", seeds: ["aaaaaaaaaaaaaaaa", "0123456789abcdef0123456789abcdef"]) { bytes in
        var input = Input(bytes)
        let numbers: [Int64?] = [nil, -1, 0, 1, 3, 5, 136, 229, 0x8000_0000, 0xffff_ffff]
        var entries: [DeviceCgroup] = []
        while !input.isAtEnd, entries.count < 20 {
            entries.append(
                DeviceCgroup(
                    allow: input.flag(), type: input.pick(["a", "b", "c", nil, "", "x"]), major: input.pick(numbers),
                    minor: input.pick(numbers), access: input.pick(["r", "w", "m", "rw", "rm", "wm", "rwm", "q", ""])))
        }
        guard let rules = try? DeviceRules(entries, path: JSONPath()) else { return }
        guard let program = try? DeviceProgram(rules) else { wrong("\(rules.rules.count) rules make no program") }
        let lists = (try? DeviceListLine.lines(for: rules)).map { DeviceGroupModel($0) }
        for kind in DeviceNodeKind.allCases {
            for major in [0, 1, 3, 5, 136, 229, 77, 0x8000_0000, 0xffff_ffff] as [UInt32] {
                for minor in [0, 3, 5, 229, 77, 0x8000_0000, 0xffff_ffff] as [UInt32] {
                    let granted = meaning(entries, kind, major, minor)
                    for access in UInt32(1)...7 {
                        let expected = access & ~granted == 0
                        compare(program, kind, access, major, minor, expected, rules)
                        if let lists, access.nonzeroBitCount == 1 {
                            let found = lists.grants(kind, access, major, minor)
                            // Where all is allowed but for a list, what a rule denied is not made either: version 1 takes a
                            // denial away for exactly the same numbers alone, and veloci then leaves it whole.
                            let staysDenied = lists.allows && access == 1 && !found
                            expect(found == expected || staysDenied, "lists: \(kind) \(major):\(minor) \(access): \(found), rules: \(rules.rules.map { $0.text })")
                        }
                    }
                }
            }
        }
    }

    private static func compare(
        _ program: DeviceProgram, _ kind: DeviceNodeKind, _ access: UInt32, _ major: UInt32, _ minor: UInt32, _ expected: Bool,
        _ rules: DeviceRules
    ) {
        let result = try? Interpreter.run(program.instructions, kind: kind.rawValue, access: access, major: major, minor: minor)
        let text = "\(kind) \(major):\(minor) \(access)"
        expect(result == (expected ? 1 : 0), "program: \(text): \(result ?? 99), rules: \(rules.rules.map { $0.text })")
    }

    /// What the entries say, read anew: each access by itself, the last that speaks of the device counts.
    private static func meaning(_ entries: [DeviceCgroup], _ kind: DeviceNodeKind, _ major: UInt32, _ minor: UInt32) -> UInt32 {
        var granted: UInt32 = 0
        func apply(_ allow: Bool, _ access: String) {
            let bits = access.utf8.reduce(UInt32(0)) { $0 | ($1 == UInt8(ascii: "m") ? 1 : $1 == UInt8(ascii: "r") ? 2 : 4) }
            granted = allow ? granted | bits : granted & ~bits
        }
        func speaks(_ number: Int64?, of wanted: UInt32) -> Bool { number == nil || number == -1 || number == Int64(wanted) }
        for entry in entries {
            let isKind = ["a", "", kind.letter].contains(entry.type ?? "")
            if isKind, speaks(entry.major, of: major), speaks(entry.minor, of: minor) { apply(entry.allow, entry.access ?? "") }
        }
        apply(true, "m")
        if kind == .character {
            let always: [(UInt32, UInt32?)] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, nil)]
            if always.contains(where: { $0.0 == major && ($0.1 ?? minor) == minor }) { apply(true, "rwm") }
        }
        return granted
    }
}

/// A group of version 1 as the kernel keeps it: all is allowed or denied but for a list (security/device_cgroup.c).
private struct DeviceGroupModel {
    private struct Exception {
        var kind: Substring, major: Substring, minor: Substring
        var access: Set<Character>
    }

    private(set) var allows = true
    private var exceptions: [Exception] = []

    init(_ lines: [DeviceListLine]) {
        for line in lines {
            if line.text == "a" {
                (allows, exceptions) = (line.allow, [])
                continue
            }
            let words = line.text.split { $0 == " " || $0 == ":" }
            let new = Exception(kind: words[0], major: words[1], minor: words[2], access: Set(words[3]))
            let same = exceptions.firstIndex { $0.kind == new.kind && $0.major == new.major && $0.minor == new.minor }
            if line.allow != allows {
                if let same { exceptions[same].access.formUnion(new.access) } else { exceptions.append(new) }
            } else if let same {
                exceptions[same].access.subtract(new.access)
                if exceptions[same].access.isEmpty { exceptions.remove(at: same) }
            }
        }
    }

    /// KERNEL: a request is granted by one exception that covers all of it, or denied by one that touches it.
    func grants(_ kind: DeviceNodeKind, _ access: UInt32, _ major: UInt32, _ minor: UInt32) -> Bool {
        let letter: Character = access == 1 ? "m" : access == 2 ? "r" : "w"
        let isListed = exceptions.contains { exception in
            exception.kind == kind.letter && (exception.major == "*" || exception.major == "\(major)")
                && (exception.minor == "*" || exception.minor == "\(minor)") && exception.access.contains(letter)
        }
        return isListed != allows
    }
}
