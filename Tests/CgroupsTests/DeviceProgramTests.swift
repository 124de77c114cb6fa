import Chance
import RuntimeSpec
import Testing

@testable import Cgroups

@Suite struct DeviceProgramTests {
    static let path = JSONPath([.member("devices")])

    static func decision(
        _ program: DeviceProgram, _ kind: DeviceNodeKind, _ major: UInt32, _ minor: UInt32, _ access: DeviceAccess
    ) throws -> Bool {
        try Interpreter.run(program.instructions, kind: kind.rawValue, access: access.rawValue, major: major, minor: minor) == 1
    }

    /// A request, and whether it is granted with no rules, with "deny all, allow fuse", and with "allow all".
    static let table = [
        "c 1:3 rwm +++",
        "c 1:5 rwm +++",
        "c 1:7 rw +++",
        "c 1:8 r +++",
        "c 1:9 r +++",
        "c 5:0 rw +++",
        "c 5:1 w +++",
        "c 5:2 rw +++",
        "c 136:0 rw +++",
        "c 136:99 rwm +++",
        "c 1:1 r --+",
        "c 1:2 r --+",
        "c 1:4 w --+",
        "c 1:11 w --+",
        "c 1:1 m +++",
        "b 8:0 m +++",
        "b 8:0 r --+",
        "b 8:0 rm --+",
        "b 1:3 r --+",
        "b 136:0 w --+",
        "c 10:229 rw -++",
        "c 10:229 rwm -++",
        "c 10:228 r --+",
        "c 10:200 r --+",
        "c 4294967295:4294967295 r --+",
        "b 0:0 w --+",
        "c 0:0 r --+",
    ]

    @Test func tableOfDecisions() throws {
        let denyAll = DeviceCgroup(allow: false, access: "rwm")
        let allowAll = DeviceCgroup(allow: true, type: "a", major: -1, minor: -1, access: "rwm")
        let fuse = DeviceCgroup(allow: true, type: "c", major: 10, minor: 229, access: "rw")
        let programs = try [nil, [denyAll, fuse], [allowAll]].map { try DeviceProgram(DeviceRules($0, path: Self.path)) }
        for row in Self.table {
            let fields = row.split { $0 == " " || $0 == ":" }
            let kind: DeviceNodeKind = fields[0] == "c" ? .character : .block
            let major = try #require(UInt32(fields[1]))
            let minor = try #require(UInt32(fields[2]))
            var access: DeviceAccess = []
            if fields[3].contains("r") { access.insert(.read) }
            if fields[3].contains("w") { access.insert(.write) }
            if fields[3].contains("m") { access.insert(.make) }
            for (program, expected) in zip(programs, fields[4]) {
                #expect(try Self.decision(program, kind, major, minor, access) == (expected == "+"), "\(row)")
            }
        }
        // Neither character nor block: no such request exists; nothing is granted.
        #expect(try Interpreter.run(programs[0].instructions, kind: 3, access: 1, major: 1, minor: 3) == 0)
    }

    @Test func commonProgramIsShort() throws {
        let program = try DeviceProgram(DeviceRules(nil, path: Self.path))
        #expect(program.instructions.count <= 30, "\(program.instructions.count) instructions")
    }

    @Test func theLastRuleCounts() throws {
        func granted(_ entries: [DeviceCgroup], _ access: DeviceAccess) throws -> Bool {
            try Self.decision(try DeviceProgram(DeviceRules(entries, path: Self.path)), .character, 7, 7, access)
        }
        let wide = DeviceCgroup(allow: true, type: "c", major: 7, access: "rwm")
        let noWrite = DeviceCgroup(allow: false, type: "c", major: 7, minor: 7, access: "w")
        #expect(try granted([wide, noWrite], .read))
        #expect(try !granted([wide, noWrite], .write))
        // Asking for both must not get around the rule for one.
        #expect(try !granted([wide, noWrite], [.read, .write]))
        #expect(try granted([noWrite, wide], [.read, .write]))
    }

    /// Random rules over few numbers, so that they overlap; every request over those numbers and some others.
    @Test(arguments: 0..<60) func programsDecideAsTheRulesSay(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let numbers: [UInt32] = [0, 1, 3, 5, 7, 136, 229, 0x8000_0000, 0xffff_ffff]
        let rules = (0..<Int.random(in: 0...14, using: &random)).map { _ in
            DeviceRule(
                allow: .random(using: &random), kind: .random(using: &random),
                major: Bool.random(using: &random) ? numbers.randomElement(using: &random) : nil,
                minor: Bool.random(using: &random) ? numbers.randomElement(using: &random) : nil,
                access: DeviceAccess(rawValue: .random(in: 1...7, using: &random)))
        }
        let model = DeviceRules(rules: seed % 2 == 0 ? rules : rules + DeviceRules.common)
        let program = try DeviceProgram(model)
        for kind in DeviceNodeKind.allCases {
            for major in numbers + [2, 77] {
                for minor in numbers + [2, 77] {
                    let granted = model.grants(kind, major, minor)
                    for raw in UInt32(1)...7 {
                        let access = DeviceAccess(rawValue: raw)
                        let expected = granted.isSuperset(of: access)
                        let actual = try Self.decision(program, kind, major, minor, access)
                        if actual != expected {
                            Issue.record(
                                "seed \(seed): \(kind) \(major):\(minor) \(access.text) is \(actual), rules: \(model.rules.map(\.text))"
                            )
                            return
                        }
                    }
                }
            }
        }
    }

    @Test func tooManyRulesAreAnError() {
        let rules = (0..<40_000).map { DeviceRule(allow: true, kind: .character, major: 300, minor: UInt32($0), access: .read) }
        #expect(throws: CgroupError.self) { try DeviceProgram(DeviceRules(rules: rules)) }
    }

    @Test(arguments: [
        DeviceCgroup(allow: true, type: "x", access: "r"), DeviceCgroup(allow: true, type: "c", access: "x"),
        DeviceCgroup(allow: true, type: "c", access: ""), DeviceCgroup(allow: true, type: "c"),
        DeviceCgroup(allow: true, type: "c", major: -2, access: "r"),
        DeviceCgroup(allow: true, type: "c", minor: 4_294_967_296, access: "r"),
    ])
    func badEntries(entry: DeviceCgroup) {
        let error = #expect(throws: CgroupError.self) { try DeviceRules([entry], path: Self.path) }
        #expect(error?.path?.description.hasPrefix("devices[0].") == true)
    }
}

extension DeviceNodeKind {
    static func random(using generator: inout SplitMix) -> DeviceNodeKind { Bool.random(using: &generator) ? .block : .character }
}

@Suite struct DeviceListTests {
    private func lines(_ entries: [DeviceCgroup]?) throws -> [String] {
        try DeviceListLine.lines(for: DeviceRules(entries, path: DeviceProgramTests.path)).map { "\($0.file) \($0.text)" }
    }

    static let common = [
        "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm",
        "c 5:2 rwm", "c 136:* rwm",
    ].map { "devices.allow " + $0 }

    @Test func everythingIsDeniedFirst() throws {
        #expect(try lines(nil) == ["devices.deny a"] + Self.common)
        #expect(try lines([DeviceCgroup(allow: false, access: "rwm")]) == ["devices.deny a"] + Self.common)
    }

    @Test func rulesKeepTheirOrder() throws {
        let entries = [
            DeviceCgroup(allow: false, access: "rwm"),
            DeviceCgroup(allow: true, type: "c", major: 10, minor: 229, access: "rw"),
            DeviceCgroup(allow: true, type: "b", major: 8, access: "r"),
            DeviceCgroup(allow: false, type: "b", major: 8, access: "r"),
        ]
        #expect(
            try lines(entries) == [
                "devices.deny a", "devices.allow c 10:229 rw", "devices.allow b 8:* r", "devices.deny b 8:* r",
            ] + Self.common)
    }

    /// The kernel reads `a` as everything, whatever follows in the line.
    @Test func allKindsWithNumbersAreTwoLines() throws {
        let found = try lines([DeviceCgroup(allow: true, type: "a", major: 1, minor: 2, access: "r")])
        #expect(Array(found.prefix(3)) == ["devices.deny a", "devices.allow b 1:2 r", "devices.allow c 1:2 r"])
    }

    @Test func allowingEverything() throws {
        let found = try lines([DeviceCgroup(allow: true, type: "a", access: "rwm")])
        #expect(found == ["devices.allow a"])
        let but = try lines([
            DeviceCgroup(allow: true, type: "a", access: "rwm"), DeviceCgroup(allow: false, type: "b", major: 8, access: "rwm"),
        ])
        #expect(but == ["devices.allow a", "devices.deny b 8:* rwm"])
    }

    @Test func whatTheKernelWouldIgnoreIsRefused() {
        let error = #expect(throws: CgroupError.self) {
            try lines([
                DeviceCgroup(allow: true, type: "c", major: 7, access: "rw"),
                DeviceCgroup(allow: false, type: "c", major: 7, minor: 7, access: "w"),
            ])
        }
        #expect(error?.kind == .unsupported)
        #expect(error?.path?.description == "devices[1]")
    }
}
