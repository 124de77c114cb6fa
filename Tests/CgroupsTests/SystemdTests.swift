import CLinux
import Chance
import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups
@testable import DBus

@Suite struct SystemdUnitTests {
    @Test(arguments: [
        ("system.slice:web:1", "web-1.scope", "/system.slice/web-1.scope"),
        ("::1", "-1.scope", "/system.slice/-1.scope"),
        ("machine-a-b.slice:libpod:0ab", "libpod-0ab.scope", "/machine.slice/machine-a.slice/machine-a-b.slice/libpod-0ab.scope"),
        ("-:x:y", "x-y.scope", "/x-y.scope"), ("-.slice:x:y", "x-y.scope", "/x-y.scope"),
        ("", "veloci-id.scope", "/system.slice/veloci-id.scope"),
        ("kubepods.slice::kubepods-pod1.slice", "kubepods-pod1.slice", "/kubepods.slice/kubepods-pod1.slice"),
    ]) func unitsAndPlaces(path: String, name: String, directory: String) throws {
        let unit = try SystemdUnit(cgroupsPath: path, containerID: "id", isUser: false)
        #expect(unit.name == name)
        let paths = try CgroupPaths(layout: Samples.unified, unit: unit)
        #expect(paths.directories == ["/sys/fs/cgroup" + directory])
        let hybrid = try CgroupPaths(layout: Samples.hybrid, unit: unit)
        #expect(hybrid.location(of: "memory")?.directory == "/sys/fs/cgroup/memory" + directory)
    }

    @Test func unitsOfAUser() throws {
        let unit = try SystemdUnit(cgroupsPath: nil, containerID: "id", isUser: true)
        #expect(unit.slice == "user.slice")
        let manager = "/user.slice/user-1000.slice/user@1000.service"
        let paths = try CgroupPaths(layout: Samples.unified, unit: unit, managerGroup: manager)
        #expect(paths.directories == ["/sys/fs/cgroup\(manager)/user.slice/veloci-id.scope"])
        #expect(throws: CgroupError.self) { try CgroupPaths(layout: Samples.unified, unit: unit, managerGroup: "/../x") }
    }

    @Test(arguments: [
        "/a/b", "a:b", "a.slice:b:c:d", "a:b:c", ".slice:b:c", "a--b.slice:x:y", "-a.slice:x:y", "a-.slice:x:y", "a/b.slice:x:y",
        "../x.slice:a:b", "a.slice:../x:y", "a.slice:x:y/z", "a.slice:x:", "a.slice:x y:z", "a.slice:x:\n", "a.slice:x:ä",
        "a.slice:x:" + String(repeating: "y", count: 260),
    ]) func refused(path: String) {
        let error = #expect(throws: CgroupError.self) { try SystemdUnit(cgroupsPath: path, containerID: "id", isUser: false) }
        #expect(error?.kind == .invalidPath)
        #expect(error?.path?.description == "linux.cgroupsPath")
    }

    @Test(arguments: [("252.39-1~deb12u1", 252), ("v245.4-1.fc32", 245), ("\"249\"", 249), ("", nil), ("x", nil)])
    func versions(text: String, number: Int?) {
        #expect(SystemdManager.version(text) == number)
    }

    @Test func whereTheManagersAre() {
        func addresses(_ isUser: Bool, _ environment: [String: String]) -> [String] {
            SystemdManager.addresses(isUser: isUser, userID: 1000) { environment[$0] }.map { "\($0.address) \($0.isBus)" }
        }
        #expect(addresses(false, [:]) == ["unix:path=/run/dbus/system_bus_socket true", "unix:path=/run/systemd/private false"])
        #expect(addresses(true, ["DBUS_SESSION_BUS_ADDRESS": "unix:path=/x", "XDG_RUNTIME_DIR": "/r"]) == ["unix:path=/x true"])
        #expect(addresses(true, ["XDG_RUNTIME_DIR": "/r"]).first == "unix:path=/r/bus true")
        #expect(addresses(true, ["XDG_RUNTIME_DIR": ""]).first == "unix:path=/run/user/1000/bus true")
    }
}

@Suite struct SystemdPropertyTests {
    private func lines(_ resources: Resources?, version: Int = 252, isUnified: Bool = true) throws -> [String] {
        try SystemdProperties(systemdVersion: version, isUnified: isUnified, isUser: false)
            .resources(resources, changingDevices: false).map(\.description)
    }

    @Test(arguments: ResourceRow.all) func everyRow(row: ResourceRow) {
        for isUnified in [false, true] {
            #expect(ResourceDocument.systemd(row, isUnified: isUnified) == (isUnified ? row.systemdV2 : row.systemdV1))
        }
    }

    @Test func versionsOfSystemd() throws {
        let cpu = Resources(cpu: CPU(shares: 1024, quota: 5000, period: 20_000, cpus: "0", idle: 1))
        #expect(
            try lines(cpu, version: 252) == [
                "CPUWeight = 0", "CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = 250000", "AllowedCPUs = [1]",
            ])
        #expect(
            try lines(cpu, version: 245) == [
                "CPUWeight = 100", "CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = 250000", "AllowedCPUs = [1]",
            ])
        #expect(try lines(cpu, version: 239) == ["CPUWeight = 100", "CPUQuotaPerSecUSec = 250000"])
    }

    /// systemd counts in steps of 10 ms: the files get the same.
    @Test func quotasAreRoundedTogether() throws {
        let resources = Resources(cpu: CPU(quota: 33_333, period: 100_000))
        #expect(try lines(resources) == ["CPUQuotaPeriodUSec = 100000", "CPUQuotaPerSecUSec = 340000"])
        #expect(SystemdProperties.rounded(resources)?.cpu?.quota == 34_000)
        #expect(SystemdProperties.rounded(Resources(cpu: CPU(quota: -1)))?.cpu?.quota == -1)
        #expect(SystemdProperties.rounded(nil) == nil)
        #expect(SystemdProperties.rounded(Resources(cpu: CPU(quota: .max)))?.cpu?.quota == .max)
    }

    /// systemd makes 100 + (weight − 100) / 11 of what is above 100, for BFQ: the file's value must come out again.
    @Test(arguments: [(10, 10), (100, 100), (101, 111), (300, 2300), (1000, 10_000)] as [(UInt16, UInt64)])
    func weightsForBFQ(weight: UInt16, property: UInt64) throws {
        let properties = SystemdProperties(systemdVersion: 257, isUnified: true, isUser: false, hasBFQ: true)
        let lines = try properties.resources(Resources(blockIO: BlockIO(weight: weight)), changingDevices: false)
        #expect(lines.map(\.description) == ["IOWeight = \(property)"])
        #expect(UInt64(weight) == (property <= 100 ? property : 100 + (property - 100) * 900 / 9900))
    }

    @Test(arguments: [
        ("cpu.max", "50000 20000", ["CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = 2500000"]),
        ("cpu.max", "max", ["CPUQuotaPeriodUSec = 100000", "CPUQuotaPerSecUSec = infinity"]),
        ("cpu.weight", "7", ["CPUWeight = 7"]), ("cpu.idle", "1", ["CPUWeight = 0"]), ("cpu.idle", "0", []),
        ("cpuset.cpus", "0-1", ["AllowedCPUs = [3]"]), ("cpuset.mems", "8", ["AllowedMemoryNodes = [0, 1]"]),
        ("io.weight", "250", ["IOWeight = 250"]), ("io.weight", "default 250", ["IOWeight = 250"]), ("io.weight", "8:0 250", []),
        ("memory.high", " 5 ", ["MemoryHigh = 5"]), ("memory.low", "max", ["MemoryLow = infinity"]),
        ("memory.min", "5", ["MemoryMin = 5"]), ("memory.max", "5", ["MemoryMax = 5"]),
        ("memory.swap.max", "0", ["MemorySwapMax = 0"]), ("pids.max", "max", ["TasksMax = infinity"]),
        ("pids.max", "0", ["TasksMax = 1"]), ("io.max", "8:0 rbps=1", []), ("memory.oom.group", "1", []),
    ]) func unified(file: String, value: String, expected: [String]) throws {
        #expect(try lines(Resources(unified: [file: value])) == expected)
    }

    @Test(arguments: [
        ("cpu.max", "x"), ("cpu.max", "1 2 3"), ("cpu.weight", "-1"), ("cpuset.cpus", "a"), ("memory.max", "5k"),
        ("pids.max", ""),
    ])
    func unifiedRefused(file: String, value: String) {
        let error = #expect(throws: CgroupError.self) { try lines(Resources(unified: [file: value])) }
        #expect(error?.path?.description.hasPrefix("linux.resources.unified[\"\(file)\"]") == true)
    }

    @Test func whatAUnitIsStartedWith() throws {
        let planner = SystemdProperties(systemdVersion: 253, isUnified: true, isUser: true)
        let unit = try SystemdUnit(cgroupsPath: "a.slice:b:c", containerID: "c", isUser: true)
        let properties = try planner.start(
            unit, containerID: "c", process: 77, resources: Resources(unified: ["memory.oom.group": "1"]),
            annotations: ["org.systemd.property.CollectMode": "'inactive-or-failed'", "other": "x"])
        #expect(
            properties.map(\.description) == [
                "Description = \"veloci container c\"", "Slice = \"a.slice\"", "Delegate = true", "PIDs = [77]",
                "MemoryAccounting = true", "CPUAccounting = true", "IOAccounting = true", "TasksAccounting = true",
                "DefaultDependencies = false", "OOMPolicy = \"kill\"", "CollectMode = \"inactive-or-failed\"",
            ])
        let slice = try SystemdUnit(cgroupsPath: "a.slice::a-b.slice", containerID: "c", isUser: false)
        let wants = try planner.start(slice, containerID: "c", process: 77, resources: nil, annotations: [:])
        #expect(wants.contains { $0.description == "Wants = [\"a.slice\"]" })
        #expect(!wants.contains { $0.name == "PIDs" || $0.name == "Slice" || $0.name == "Delegate" })
    }

    @Test func deviceLists() throws {
        let none = DeviceAllowList(try DeviceRules(nil, path: JSONPath()))
        #expect(!none.allowsAll)
        #expect(
            none.entries.map { "\($0.path) \($0.access)" } == [
                "block-* m", "char-* m", "/dev/char/1:3 rwm", "/dev/char/1:5 rwm", "/dev/char/1:7 rwm", "/dev/char/1:8 rwm",
                "/dev/char/1:9 rwm", "/dev/char/5:0 rwm", "/dev/char/5:1 rwm", "/dev/char/5:2 rwm", "char-136 rwm",
            ])
        let all = DeviceAllowList(try DeviceRules([DeviceCgroup(allow: true, access: "rwm")], path: JSONPath()))
        #expect(all.allowsAll && all.entries.isEmpty)
        let anyMinor = DeviceAllowList(
            try DeviceRules([DeviceCgroup(allow: true, type: "c", minor: 3, access: "r")], path: JSONPath()))
        #expect(anyMinor.allowsAll)
    }

    /// systemd's list never refuses what the rules grant.
    @Test(arguments: 0..<40) func deviceListsGrantAtLeastTheRules(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let numbers: [UInt32] = [0, 1, 3]
        let rules = DeviceRules(
            rules: (0..<8).map { _ in
                DeviceRule(
                    allow: .random(using: &random), kind: .random(using: &random),
                    major: Bool.random(using: &random) ? numbers.randomElement(using: &random) : nil,
                    minor: Bool.random(using: &random) ? numbers.randomElement(using: &random) : nil,
                    access: DeviceAccess(rawValue: .random(in: 1...7, using: &random)))
            })
        let list = DeviceAllowList(rules)
        if list.allowsAll { return }
        for kind in DeviceNodeKind.allCases {
            let word = kind == .block ? "block" : "char"
            for major in UInt32(0)...4 {
                for minor in UInt32(0)...4 {
                    let names: Set = ["\(word)-*", "\(word)-\(major)", "/dev/\(word)/\(major):\(minor)"]
                    let listed = Set(list.entries.filter { names.contains($0.path) }.flatMap { Array($0.access) })
                    let granted = Set(rules.grants(kind, major, minor).text)
                    #expect(listed.isSuperset(of: granted), "seed \(seed): \(word) \(major):\(minor)")
                }
            }
        }
    }
}

@Suite struct VariantTextTests {
    static let values: [(String, DBusValue)] = [
        ("uint64 123456789", .uint64(123_456_789)), ("'a b'", .string("a b")), ("\"x\\n\\u00e4\\'\"", .string("x\nä'")),
        ("true", .boolean(true)), ("5", .int32(5)), ("-5", .int32(-5)), ("byte 0x1f", .byte(31)), ("int64 -0x10", .int64(-16)),
        ("010", .int32(8)), ("1.5", .double(1.5)), ("double 2", .double(2)), ("objectpath '/a'", .objectPath("/a")),
        ("['a', 'b']", .strings(["a", "b"])), ("@as []", .strings([])), ("(1, 'x')", .structure([.int32(1), .string("x")])),
        ("(1,)", .structure([.int32(1)])), ("<uint32 3>", .variant(.uint32(3))),
        ("{'k': <1>}", .array(element: "{sv}", [.entry(.string("k"), .variant(.int32(1)))])),
        ("@a(ss) [('a', 'b')]", .array(element: "(ss)", [.structure([.string("a"), .string("b")])])),
        ("@t 5", .uint64(5)), ("[uint32 1, 2]", .array(element: "u", [.uint32(1), .uint32(2)])),
    ]

    @Test func texts() {
        for (text, value) in Self.values { #expect(VariantText.parse(text) == value, "\(text)") }
    }

    @Test(arguments: [
        "", "x", "'a", "[", "[]", "[1, 'a']", "{'a'}", "(", "()", "uint32", "uint32 -1", "byte 256", "int32 3000000000", "1 2",
        "@z 1",
        "@as ['a', 1]", "<1", "'\\u00'", "truee", "--5", "@(s) (1)", "objectpath 'x'", String(repeating: "<", count: 100),
    ]) func noTexts(text: String) {
        #expect(VariantText.parse(text) == nil)
    }

    @Test func secondsBecomeMicroseconds() throws {
        func property(_ name: String, _ text: String) throws -> String? {
            try SystemdProperties.annotated(["org.systemd.property." + name: text]).first?.description
        }
        #expect(try property("TimeoutStopSec", "5") == "TimeoutStopUSec = 5000000")
        #expect(try property("TimeoutStopSec", "0.5") == "TimeoutStopUSec = 500000")
        #expect(try property("TimeoutStopUSec", "uint64 5") == "TimeoutStopUSec = 5")
        for (name, text) in [("TimeoutStopSec", "'x'"), ("A", "1"), ("A.b", "1"), ("PIDs", "[uint32 1]"), ("After", "x")] {
            let error = #expect(throws: CgroupError.self) { try property(name, text) }
            #expect(error?.path?.description == "annotations[\"org.systemd.property.\(name)\"]")
        }
    }
}
