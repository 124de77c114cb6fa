import CStageWire
import Cgroups
import Chance
import RuntimeSpec
import Testing

@testable import ContainerPlan

/// No number of a document ends the process, whether it was validated or not: a library takes its host program along.
@Suite("Extreme numbers") struct ExtremeNumberTests {
    @Test("each number of every fixture, replaced by those at the ends of all types")
    func numbers() async {
        await #expect(processExitsWith: .success) { try ExtremeNumbers.each() }
    }

    @Test("each text with a number in it")
    func texts() async {
        await #expect(processExitsWith: .success) { try ExtremeNumbers.eachText() }
    }

    @Test("several at once, by chance")
    func several() async {
        await #expect(processExitsWith: .success) { try ExtremeNumbers.several(rounds: 1500) }
    }

    @Test("every number of the specification is among them")
    func allAreTried() {
        let places = Set(ExtremeNumbers.places { if case .number = $0 { true } else { false } }.map(\.name))
        for name in [
            "hooks.poststop[].timeout", "hooks.createContainer[].timeout", "linux.devices[].fileMode", "linux.devices[].major",
            "linux.devices[].minor", "linux.devices[].uid", "linux.gidMappings[].size", "linux.resources.blockIO.weight",
            "linux.resources.cpu.burst", "linux.resources.cpu.idle", "linux.resources.cpu.quota", "linux.resources.cpu.period",
            "linux.resources.cpu.shares", "linux.resources.devices[].major", "linux.resources.hugepageLimits[].limit",
            "linux.resources.memory.limit", "linux.resources.memory.swap", "linux.resources.memory.swappiness",
            "linux.resources.network.classID", "linux.resources.pids.limit", "linux.resources.network.priorities[].priority",
            "linux.seccomp.syscalls[].args[].index", "linux.seccomp.syscalls[].args[].value", "linux.seccomp.syscalls[].errnoRet",
            "linux.timeOffsets.monotonic.secs", "linux.timeOffsets.monotonic.nanosecs", "linux.uidMappings[].hostID",
            "mounts[].uidMappings[].containerID", "process.consoleSize.height", "process.ioPriority.priority",
            "process.oomScoreAdj", "process.rlimits[].soft", "process.scheduler.nice", "process.scheduler.priority",
            "process.scheduler.runtime", "process.user.additionalGids[]", "process.user.uid", "process.user.umask",
        ] {
            #expect(places.contains(name), "no fixture has a number at \(name)")
        }
    }

    @Test("more than 16 bits can count: slots, steps, records")
    func crowds() async {
        await #expect(processExitsWith: .success) {
            for (name, spec) in ExtremeNumbers.crowds() {
                let plan = try ExtremeNumbers.plan(spec, on: .unified)
                let encoded = try ExtremeNumbers.encode(plan)
                let block = try Block(encoded.bytes)
                guard encoded.stepOfRecord.last == plan.steps.count, block.records.last.map({ Int($0.step) }) == plan.steps.count,
                    block.slots.count > plan.slotCount,
                    block.records.allSatisfy({ $0.result >= -1 && Int($0.result) < block.slots.count })
                else { throw Block.Malformed("\(name): the numbers of steps or slots are lost") }
            }
        }
    }
}

enum ExtremeNumbers {
    struct Place {
        /// `mounts[].uidMappings[].size`
        var name: String
        var path: JSONPath
        var document: JSONValue
    }

    static let values: [JSONNumber] =
        [Int64.min, -2_147_483_649, -1, 0, 1, 7, 255, 256, 32767, 32768, 65535, 65536].map { JSONNumber($0) }
        + [2_147_483_647, 2_147_483_648, 4_294_967_295, 4_294_967_296, 9_007_199_254_740_993].map { JSONNumber($0 as Int64) }
        + [9_200_000_000_000_000, Int64.max / 1000 + 1, Int64.max - 1, Int64.max].map { JSONNumber($0) }
        + [JSONNumber(UInt64(Int64.max) + 1), JSONNumber(UInt64.max)]

    /// A place of each kind in the fixtures that has such a value.
    static func places(_ isMeant: (JSONValue) -> Bool) -> [Place] {
        var found: [String: Place] = [:]
        for fixture in PlannedFixture.all where fixture.variant == .create && fixture.host.name == "unified" {
            guard let document = try? JSONValue.decode(fixture.spec.encoded()) else { continue }
            search(document, "", JSONPath()) { name, path, value in
                if isMeant(value), found[name] == nil { found[name] = Place(name: name, path: path, document: document) }
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private static func search(
        _ value: JSONValue, _ name: String, _ path: JSONPath, _ body: (String, JSONPath, JSONValue) -> Void
    ) {
        switch value {
        case .object(let object):
            for member in object.members {
                let inner = name.isEmpty ? member.name : name + "." + member.name
                search(member.value, inner, path.member(member.name), body)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() { search(element, name + "[]", path.index(index), body) }
        default: body(name, path, value)
        }
    }

    static func each() throws {
        for place in places({ if case .number = $0 { true } else { false } }) {
            for value in values {
                var document = place.document
                document[place.path] = .number(value)
                attempt(document)
            }
        }
    }

    static func eachText() throws {
        for place in places({ ($0.string ?? "").utf8.contains { (0x30...0x39).contains($0) } }) {
            for value in values + [JSONNumber(8191), JSONNumber(8192)] {
                guard let text = place.document[place.path]?.string else { continue }
                for isRange in [false, true] {
                    var document = place.document
                    document[place.path] = .string(replaced(text, (isRange ? "0-" : "") + value.text))
                    attempt(document)
                }
            }
        }
    }

    /// The first run of digits is another.
    private static func replaced(_ text: String, _ number: String) -> String {
        let bytes = Array(text.utf8)
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        let start = bytes.firstIndex(where: isDigit) ?? bytes.count
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        return String(decoding: bytes[..<start] + Array(number.utf8) + bytes[end...], as: UTF8.self)
    }

    static func several(rounds: Int) throws {
        let documents = Set(PlannedFixture.all.map(\.name)).sorted().compactMap { name in
            PlannedFixture.all.first { $0.name == name }.flatMap { try? JSONValue.decode($0.spec.encoded()) }
        }
        for seed in 0..<UInt64(rounds) {
            var random = SplitMix(seed: seed)
            var document = random.pick(documents)
            var numbers: [JSONPath] = []
            search(document, "", JSONPath()) { _, path, value in if case .number = value { numbers.append(path) } }
            for _ in 0..<(2 + random.below(4)) where !numbers.isEmpty {
                let path = random.pick(numbers)
                document[path] = .number(random.pick(values))
            }
            attempt(document)
        }
    }

    /// Reads, validates, plans and encodes as far as it goes; what comes out does not matter here.
    private static func attempt(_ document: JSONValue) {
        let bytes = document.encoded()
        _ = Spec.check(bytes)
        guard let spec = try? Spec.decode(bytes) else { return }
        for host in [PaperHost.unified, .hybrid] {
            if let plan = try? plan(spec, on: host) {
                _ = try? encode(plan)
                _ = plan.text
            }
            if let process = spec.process {
                let request = PlanRequest(id: "extreme", bundle: "/bundle")
                if let plan = try? Plan.execute(process, in: spec, request: request, facts: host.facts) { _ = try? encode(plan) }
            }
            limits(spec, on: host)
        }
    }

    private static func limits(_ spec: Spec, on host: PaperHost) {
        guard let resources = spec.linux?.resources else { return }
        _ = resources.validate()
        _ = try? CgroupChanges(resources: resources, layout: host.layout)
        _ = try? CgroupUpdate(resources, of: resources, layout: host.layout)
        let properties = SystemdProperties(systemdVersion: 255, isUnified: host.name == "unified", isUser: false)
        _ = try? properties.resources(SystemdProperties.rounded(resources), changingDevices: true)
        if let rules = try? DeviceRules(resources.devices, path: JSONPath()) { _ = try? DeviceProgram(rules) }
    }

    static func plan(_ spec: Spec, on host: PaperHost) throws -> Plan {
        var request = PlanRequest(id: "extreme", bundle: "/bundle")
        request.seccomp = spec.linux?.seccomp.map(SeccompFilter.standIn)
        return try Plan.create(spec, request: request, facts: host.facts)
    }

    static func encode(_ plan: Plan) throws -> EncodedPlan { try plan.encode(descriptors: [:]) }

    /// Valid configurations with more of something than 16 bits can count.
    static func crowds() -> [(String, Spec)] {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: ["mount", "network", "pid", "ipc"].map { Namespace(type: $0) }))
        var all: [(String, Spec)] = []
        func add(_ name: String, _ change: (inout Spec) -> Void) {
            let plain = spec
            change(&spec)
            all.append((name, spec))
            spec = plain
        }
        add("12,000 mounts") {
            $0.mounts = (0..<12_000).map { Mount(destination: "/m/\($0)", type: "tmpfs", source: "tmpfs") }
        }
        add("40,000 binds") {
            $0.mounts = (0..<40_000).map { Mount(destination: "/m/\($0)", source: "/srv/\($0)", options: ["bind"]) }
        }
        add("70,000 masks") { $0.linux?.maskedPaths = (0..<70_000).map { "/proc/\($0)" } }
        add("70,000 controls") { spec in
            let keys = (0..<70_000).map { ("net.ipv4.conf.eth\($0).forwarding", "1") }
            spec.linux?.sysctl = Dictionary(uniqueKeysWithValues: keys)
        }
        add("66,000 hooks") {
            $0.hooks = Hooks(startContainer: (0..<66_000).map { Hook(path: "/bin/hook\($0)", timeout: 9_200_000_000_000_000) })
        }
        return all
    }
}
