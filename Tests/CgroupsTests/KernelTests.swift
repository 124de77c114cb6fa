import ByteText
import CLinux
import Chance
import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups

/// Values as the kernel of this machine takes them: written, and read back.
@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct KernelTests {
    struct Value: Sendable, CustomTestStringConvertible {
        var property: String
        var resources: Resources
        /// What the files say afterwards, for the hierarchy version that has the controller.
        var v1: [String: String]
        var v2: [String: String]
        var testDescription: String { property }
    }

    static let values: [Value] = [
        Value(
            property: "memory.limit", resources: Resources(memory: Memory(limit: 64 << 20)),
            v1: ["memory.limit_in_bytes": "67108864"], v2: ["memory.max": "67108864"]),
        Value(
            property: "memory.swap", resources: Resources(memory: Memory(limit: 64 << 20, swap: 96 << 20)),
            v1: ["memory.limit_in_bytes": "67108864", "memory.memsw.limit_in_bytes": "100663296"],
            v2: ["memory.max": "67108864", "memory.swap.max": "33554432"]),
        Value(
            property: "memory.reservation", resources: Resources(memory: Memory(reservation: 32 << 20)),
            v1: ["memory.soft_limit_in_bytes": "33554432"], v2: ["memory.low": "33554432"]),
        Value(
            property: "memory.limit −1", resources: Resources(memory: Memory(limit: -1)),
            v1: ["memory.limit_in_bytes": "9223372036854771712"], v2: ["memory.max": "max"]),
        Value(
            property: "memory.swappiness", resources: Resources(memory: Memory(swappiness: 7)), v1: ["memory.swappiness": "7"],
            v2: [:]),
        Value(
            property: "memory.disableOOMKiller", resources: Resources(memory: Memory(disableOOMKiller: true)),
            v1: ["memory.oom_control": "oom_kill_disable 1"], v2: [:]),
        Value(
            property: "memory.useHierarchy", resources: Resources(memory: Memory(useHierarchy: true)),
            v1: ["memory.use_hierarchy": "1"], v2: [:]),
        Value(
            property: "cpu.shares", resources: Resources(cpu: CPU(shares: 512)), v1: ["cpu.shares": "512"],
            v2: ["cpu.weight": "59"]),
        Value(
            property: "cpu.quota, period, burst", resources: Resources(cpu: CPU(quota: 5000, burst: 4000, period: 20_000)),
            v1: ["cpu.cfs_quota_us": "5000", "cpu.cfs_period_us": "20000", "cpu.cfs_burst_us": "4000"],
            v2: ["cpu.max": "5000 20000", "cpu.max.burst": "4000"]),
        Value(
            property: "cpu.quota −1", resources: Resources(cpu: CPU(quota: -1, period: 30_000)),
            v1: ["cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "30000"], v2: ["cpu.max": "max 30000"]),
        Value(
            property: "cpu.cpus", resources: Resources(cpu: CPU(cpus: "0", mems: "0")),
            v1: ["cpuset.cpus": "0", "cpuset.mems": "0"], v2: ["cpuset.cpus": "0", "cpuset.mems": "0"]),
        Value(property: "cpu.idle", resources: Resources(cpu: CPU(idle: 1)), v1: ["cpu.idle": "1"], v2: ["cpu.idle": "1"]),
        Value(
            property: "cpu.idle 0", resources: Resources(cpu: CPU(shares: 300, idle: 0)),
            v1: ["cpu.idle": "0", "cpu.shares": "300"], v2: ["cpu.idle": "0"]),
        Value(
            property: "pids.limit", resources: Resources(pids: Pids(limit: 12)), v1: ["pids.max": "12"], v2: ["pids.max": "12"]),
        Value(
            property: "pids.limit −1", resources: Resources(pids: Pids(limit: -1)), v1: ["pids.max": "max"],
            v2: ["pids.max": "max"]),
        Value(
            property: "blockIO.weight", resources: Resources(blockIO: BlockIO(weight: 200)), v1: ["blkio.bfq.weight": "200"],
            v2: [:]),
        Value(
            property: "hugepageLimits", resources: Resources(hugepageLimits: [HugepageLimit(pageSize: "2MB", limit: 4 << 20)]),
            v1: ["hugetlb.2MB.limit_in_bytes": "4194304"], v2: ["hugetlb.2MB.max": "4194304", "hugetlb.2MB.rsvd.max": "4194304"]),
        Value(
            property: "unified", resources: Resources(unified: ["hugetlb.2MB.max": "2097152", "cgroup.max.depth": "3"]), v1: [:],
            v2: ["hugetlb.2MB.max": "2097152", "cgroup.max.depth": "3"]),
    ]

    @Test(arguments: values) func writtenAndReadBack(value: Value) throws {
        let layout = try CgroupLayout.detect()
        guard let changes = try HostGroups.plan(value.resources, layout, value.property) else { return }
        try HostGroups.with(layout) { paths, _ in
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            guard try Self.isApplied(changes, cgroup, value.property) else { return }
            for write in changes.writes where write.controller != "devices" {
                let location = try #require(
                    paths.locations.first {
                        $0.version == write.version && ($0.version == .v2 || $0.controllers.contains(write.controller))
                    })
                for (file, text) in write.version == .v1 ? value.v1 : value.v2 {
                    guard let read = GroupFiles(location).readIfPresent(file) else { continue }
                    #expect(read.split(separator: "\n").first.map(String.init) == text, "\(file)")
                }
            }
            // Once more is fine.
            try cgroup.apply(changes)
        }
    }

    private static func isApplied(_ changes: CgroupChanges, _ cgroup: Cgroup, _ property: String) throws -> Bool {
        do throws(CgroupError) {
            try cgroup.apply(changes)
            return true
        } catch {
            guard error.kind == .missingController else { throw error }
            print("not on this kernel: \(property): \(error.message)")
            return false
        }
    }

    @Test func throttlesOfARealDisk() throws {
        guard let (major, minor) = try HostGroups.disk() else { return }
        let device = ThrottleDevice(major: major, minor: minor, rate: 1 << 20)
        let resources = Resources(
            blockIO: BlockIO(
                throttleReadBpsDevice: [device], throttleWriteBpsDevice: [device], throttleReadIOPSDevice: [device],
                throttleWriteIOPSDevice: [device]))
        try HostGroups.with { paths, layout in
            guard let changes = try? CgroupChanges(resources: resources, layout: layout) else {
                print("no controller for block devices on this host")
                return
            }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            if let v1 = paths.location(of: "blkio") {
                for file in ["read_bps", "write_bps", "read_iops", "write_iops"] {
                    #expect(try GroupFiles(v1).read("blkio.throttle.\(file)_device") == "\(major):\(minor) 1048576")
                }
            } else if let v2 = paths.unified {
                #expect(
                    try GroupFiles(v2).read("io.max") == "\(major):\(minor) rbps=1048576 wbps=1048576 riops=1048576 wiops=1048576"
                )
            }
        }
    }

    /// The scheduler must be BFQ: no other has weights for single devices that can be set without a model of their cost.
    @Test func weightsOfARealDisk() throws {
        guard let (major, minor) = try HostGroups.disk() else { return }
        let scheduler = (try? Files.readText("/sys/dev/block/\(major):\(minor)/queue/scheduler")) ?? ""
        guard scheduler.contains("[bfq]") else {
            print("no disk with the scheduler BFQ on this host: \(scheduler)")
            return
        }
        let resources = Resources(
            blockIO: BlockIO(weight: 70, weightDevice: [WeightDevice(major: major, minor: minor, weight: 30)]))
        try HostGroups.with { paths, layout in
            guard let changes = try HostGroups.plan(resources, layout) else { return }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            if let v1 = paths.location(of: "blkio") {
                #expect(try GroupFiles(v1).read("blkio.bfq.weight") == "70")
                #expect(try GroupFiles(v1).read("blkio.bfq.weight_device").contains("\(major):\(minor) 30"))
            } else if let v2 = paths.unified {
                #expect(try GroupFiles(v2).read("io.bfq.weight").lines == ["default 70", "\(major):\(minor) 30"])
            }
        }
    }

    /// From any pair of limits to any other, in one update each, whatever order the kernel needs.
    @Test func limitsThatDependOnEachOther() throws {
        try HostGroups.with { paths, layout in
            guard let memory = paths.location(of: "memory"), memory.version == .v1 else {
                print("no memory controller of v1 on this host: v2 has no order to keep")
                return
            }
            let sizes: [Int64] = [8, 16, 32, 64, -1]
            let pairs = sizes.flatMap { limit in
                sizes.filter { $0 == -1 || (limit != -1 && $0 >= limit) }.map { (limit, $0) }
            }
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            for first in pairs {
                for second in pairs {
                    for (limit, swap) in [first, second] {
                        let resources = Resources(
                            memory: Memory(limit: limit == -1 ? -1 : limit << 20, swap: swap == -1 ? -1 : swap << 20))
                        try cgroup.apply(try CgroupChanges(resources: resources, layout: layout, changingDevices: false))
                        let read = GroupFiles(memory)
                        if limit != -1 { #expect(read.number("memory.limit_in_bytes") == UInt64(limit << 20)) }
                        if swap != -1 { #expect(read.number("memory.memsw.limit_in_bytes") == UInt64(swap << 20)) }
                    }
                }
            }
        }
    }

    @Test func bandwidthInAnyOrder() throws {
        try HostGroups.with { paths, layout in
            guard paths.location(of: "cpu") != nil else {
                print("no cpu controller on this host")
                return
            }
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            let values: [(Int64, UInt64, UInt64)] = [
                (100_000, 100_000, 100_000), (1000, 0, 1000), (50_000, 50_000, 20_000), (900_000, 0, 1_000_000),
                (2000, 2000, 5000),
            ]
            for first in values {
                for second in values {
                    for (quota, burst, period) in [first, second] {
                        let resources = Resources(cpu: CPU(quota: quota, burst: burst, period: period))
                        try cgroup.apply(try CgroupChanges(resources: resources, layout: layout, changingDevices: false))
                    }
                }
            }
        }
    }

    @Test func aLimitBelowTheUseNamesTheUse() throws {
        try HostGroups.with { paths, layout in
            guard let memory = paths.location(of: "memory"), memory.version == .v1 else {
                print("no memory controller of v1 on this host")
                return
            }
            let resources = Resources(memory: Memory(limit: 96 << 20))
            let changes = try CgroupChanges(resources: resources, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            // A shell becomes its last command, and would leave its memory behind: that is not sleep here.
            let child = try HostGroups.start("x=$(head -c 8000000 /dev/zero | tr '\\0' x); sleep 100; :", in: cgroup)
            _ = child
            #expect(HostGroups.eventually { GroupFiles(memory).number("memory.usage_in_bytes") ?? 0 > 5 << 20 })
            let update = try CgroupUpdate(Resources(memory: Memory(limit: 1 << 20)), of: resources, layout: layout)
            do throws(CgroupError) {
                try cgroup.apply(update.changes)
                print("the kernel swapped the memory out: nothing to refuse")
            } catch {
                #expect(error.kind == .refused)
                #expect(error.message.hasPrefix("unable to set memory limit to 1048576 (current usage: "))
                #expect(error.message.contains("peak usage: "))
                #expect(error.path?.description == "memory.limit")
            }
        }
    }

    @Test func whatTheKernelHasNoFileFor() throws {
        try HostGroups.with { paths, layout in
            let cases: [(Resources, String)] = [
                (Resources(hugepageLimits: [HugepageLimit(pageSize: "3MB", limit: 1)]), "hugepageLimits[0].limit"),
                (Resources(blockIO: BlockIO(leafWeight: 10)), "blockIO.leafWeight"),
            ]
            for (resources, path) in cases {
                guard let changes = try? CgroupChanges(resources: resources, layout: layout) else {
                    print("no controller on this host: \(path)")
                    continue
                }
                let cgroup = try Cgroup.create(paths, changes: changes).cgroup
                let error = #expect(throws: CgroupError.self) { try cgroup.apply(changes) }
                #expect(error?.kind == .missingController)
                #expect(error?.path?.description == "linux.resources." + path)
                if path.hasPrefix("huge") { #expect(error?.hint?.contains("2MB") == true) }
            }
        }
    }

    /// 0 processes: the first is inside before the limit is set, and makes no second.
    @Test func noFurtherProcess() throws {
        try HostGroups.with { paths, layout in
            guard let changes = try? CgroupChanges(resources: Resources(pids: Pids(limit: 0)), layout: layout) else {
                print("no controller for processes on this host")
                return
            }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            let child = try HostGroups.start(
                "read -t 1 < <(:) ; sleep 0.2; echo $(true) 2>/dev/null; exit 3", in: cgroup)
            try cgroup.apply(changes, .afterJoin)
            #expect(try GroupFiles(try #require(paths.location(of: "pids"))).read("pids.max") == "0")
            // A shell that cannot fork gives up with 254, or goes on to its end.
            #expect(child.wait() != 0)
        }
    }
}

/// Device rules as the kernel applies them.
@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct KernelDeviceTests {
    /// Whether a command works for a process inside the groups.
    private func works(_ command: String, _ cgroup: Cgroup) throws -> Bool {
        try HostGroups.start(command + " 2>/dev/null >&2", in: cgroup).wait() == 0
    }

    @Test func rulesOfAContainer() throws {
        let layout = try CgroupLayout.detect()
        // In all hierarchies, and in the v2 hierarchy alone.
        var layouts = [layout]
        if layout.mode == .hybrid, let unified = layout.unified { layouts.append(CgroupLayout(hierarchies: [unified])) }
        for layout in layouts {
            try HostGroups.with(layout, checkRules)
        }
    }

    private func checkRules(_ paths: CgroupPaths, _ layout: CgroupLayout) throws {
        let changes = try CgroupChanges(resources: nil, layout: layout)
        #expect((changes.deviceRules != nil) == (layout.mode == .unified))
        let cgroup = try Cgroup.create(paths, changes: changes).cgroup
        try cgroup.apply(changes)
        #expect(try works("head -c 1 /dev/zero && echo > /dev/null && head -c 1 /dev/urandom", cgroup))
        let node = NSTemporaryDirectory() + "veloci-node-\(getpid())"
        defer { unlink(node) }
        // Any node can be made, and not be opened: the kernel's memory is 1:1, and 10:237 is for loop devices.
        #expect(try works("mknod \(node) c 10 237", cgroup))
        #expect(try !works("exec 3< \(node)", cgroup))
        guard FileManager.default.fileExists(atPath: "/dev/loop-control") else {
            print("no /dev/loop-control on this host")
            return
        }
        let allow = [DeviceCgroup(allow: true, type: "c", major: 10, minor: 237, access: "r")]
        let update = try CgroupUpdate(Resources(devices: allow), of: nil, layout: layout)
        try cgroup.apply(update.changes)
        #expect(try works("exec 3< /dev/loop-control", cgroup))
        #expect(try !works("exec 3> /dev/loop-control", cgroup))
        // And back again.
        try cgroup.apply(changes)
        #expect(try !works("exec 3< /dev/loop-control", cgroup))
    }

    @Test func anUpdateReplacesTheProgram() throws {
        guard let unified = try HostGroups.unifiedLayout() else { return }
        try HostGroups.with(unified) { paths, layout in
            let changes = try CgroupChanges(resources: nil, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            var seen: Set<UInt32> = []
            for _ in 0..<3 {
                try cgroup.apply(changes)
                let attached = try programs(of: paths.directories[0])
                #expect(attached.map(\.name) == [DeviceProgram.name])
                seen.formUnion(attached.map(\.identifier))
            }
            #expect(seen.count == 3)
        }
    }

    private func programs(of directory: String) throws -> [BPF.Attached] {
        let group = try Files.open(directory, flags: .directory)
        return try BPF.attachedDevicePrograms(to: group)
    }

    /// The kernel's verifier takes programs for rules of any kind.
    @Test(arguments: 0..<20) func theVerifierTakesThem(seed: Int) throws {
        var random = SplitMix(seed: UInt64(1000 + seed))
        let rules = (0..<(seed * 10)).map { _ in
            DeviceRule(
                allow: .random(using: &random), kind: .random(using: &random),
                major: Bool.random(using: &random) ? .random(in: 0...300, using: &random) : nil,
                minor: Bool.random(using: &random) ? .random(in: 0...300, using: &random) : nil,
                access: DeviceAccess(rawValue: .random(in: 1...7, using: &random)))
        }
        let program = try DeviceProgram(DeviceRules(rules: rules))
        let loaded = try BPF.loadDeviceProgram(program.instructions, name: "veloci_test")
        #expect(loaded.number > 2)
    }
}
