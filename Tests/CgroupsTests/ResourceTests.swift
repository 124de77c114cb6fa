import Foundation
import RuntimeSpec
import Testing

@testable import Cgroups

@Suite struct ResourceTests {
    /// What is written for resources, in the words of the table. The device rules have tests of their own.
    static func outcome(_ resources: Resources, _ layout: CgroupLayout) -> [String] {
        do throws(CgroupError) {
            let changes = try CgroupChanges(resources: resources, layout: layout)
            func text(_ description: String) -> String { String(description.dropFirst(3)) }
            return changes.checks.map { "check " + text($0.description) }
                + changes.writes.filter { $0.controller != "devices" }.map { text($0.description) }
                + changes.warnings.map { "warning: \($0.path)" }
        } catch {
            return ["\(error.kind): \(error.message)"]
        }
    }

    @Test(arguments: ResourceRow.all) func legacy(row: ResourceRow) {
        #expect(Self.outcome(row.resources, Samples.legacy) == row.v1)
    }

    @Test(arguments: ResourceRow.all) func unified(row: ResourceRow) {
        #expect(Self.outcome(row.resources, Samples.unified) == row.v2)
    }

    /// On a hybrid host each property goes to the hierarchy that has the controller.
    @Test func hybrid() {
        let resources = Resources(
            memory: Memory(limit: 100), pids: Pids(limit: 5), hugepageLimits: [HugepageLimit(pageSize: "2MB", limit: 0)],
            unified: ["hugetlb.1GB.max": "0"])
        #expect(
            Self.outcome(resources, Samples.hybrid) == [
                "memory.limit_in_bytes ← 100", "pids.max ← 5", "hugetlb.2MB.max ← 0",
                "hugetlb.2MB.rsvd.max ← 0 (if there is one)", "hugetlb.1GB.max ← 0",
            ])
        // The v2 hierarchy does not have what a v1 hierarchy has.
        #expect(
            Self.outcome(Resources(unified: ["memory.high": "1"]), Samples.hybrid)
                == ["missingController: unified resource \"memory.high\" can't be set: controller \"memory\" not available"])
        #expect(
            Self.outcome(Resources(rdma: ["a": Rdma(hcaHandles: 1)]), Samples.hybrid)
                == ["missingController: the cgroup controller \"rdma\" is not available on this host"])
    }

    @Test(arguments: ResourceRow.all) func errorsNameTheProperty(row: ResourceRow) throws {
        for layout in [Samples.legacy, Samples.unified] {
            do throws(CgroupError) {
                _ = try CgroupChanges(resources: row.resources, layout: layout)
            } catch {
                let path = try #require(error.path)
                #expect(path.description.hasPrefix("linux.resources."))
                #expect(error.kind != .missingController || error.hint != nil)
            }
        }
    }

    /// No machine that tests run on has an rdma device: the kernel would get what a file in the place of its own gets.
    @Test(arguments: [CgroupVersion.v1, .v2]) func rdmaReachesItsFile(version: CgroupVersion) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("rdma.max")
        try Data().write(to: file)
        let resources = Resources(rdma: ["mlx5_1": Rdma(hcaHandles: 3, hcaObjects: 10_000)])
        let layout = version == .v1 ? Samples.legacy : Samples.unified
        let location = CgroupLocation(
            version: version, controllers: ["rdma"], mountPoint: directory.deletingLastPathComponent().path, directory: directory.path)
        var changes = try CgroupChanges(resources: resources, layout: layout)
        changes.deviceRules = nil  // a program, which only a group can have
        try Cgroup(paths: CgroupPaths(locations: [location])).apply(changes)
        #expect(try String(contentsOf: file, encoding: .utf8) == "mlx5_1 hca_handle=3 hca_object=10000")
    }

    @Test func sharesBecomeWeights() {
        let planner = ResourcePlanner(layout: Samples.unified, path: JSONPath())
        #expect(planner.weight(ofShares: 2) == 1)
        #expect(planner.weight(ofShares: 1024) == 100)
        #expect(planner.weight(ofShares: 262_144) == 10_000)
        var last: UInt64 = 0
        for shares in stride(from: UInt64(2), through: 262_144, by: 7) {
            let weight = planner.weight(ofShares: shares)
            #expect(weight >= last && (1...10_000).contains(weight))
            last = weight
        }
    }

    @Test(arguments: [
        ("0", [0]), ("0-2", [0, 1, 2]), ("7,0-1,1", [0, 1, 7]), (" 3 \n", [3]),
    ]) func lists(text: String, numbers: [Int]) {
        #expect(CPUList(text)?.numbers == numbers)
    }

    @Test(arguments: ["", "a", "1-", "-1", "1-2-3", "3-1", "1,,2", "99999", "1;2", "0x1", "+1"]) func noLists(text: String) {
        #expect(CPUList(text) == nil)
    }

    @Test func bitmaps() {
        #expect(CPUList("0-1,9")?.bitmap == [0b11, 0b10])
    }
}

@Suite struct UpdateTests {
    private func lines(_ change: Resources, of current: Resources?, _ layout: CgroupLayout) throws -> [String] {
        try CgroupUpdate(change, of: current, layout: layout).changes.writes.map { String($0.description.dropFirst(3)) }
    }

    @Test func onlyWhatIsNamedIsWritten() throws {
        let current = Resources(
            devices: [DeviceCgroup(allow: false, access: "rwm")], memory: Memory(limit: 100, swap: 300),
            cpu: CPU(shares: 512, quota: 1000),
            pids: Pids(limit: 5))
        #expect(try lines(Resources(pids: Pids(limit: 0)), of: current, Samples.unified) == ["pids.max ← 0"])
        #expect(try lines(Resources(cpu: CPU(period: 20_000)), of: current, Samples.unified) == ["cpu.max ← 1000 20000"])
        #expect(try lines(Resources(cpu: CPU(shares: 2)), of: current, Samples.unified) == ["cpu.weight ← 1"])
        // Naming a value that is there writes it again: somebody may have changed it.
        #expect(try lines(Resources(cpu: CPU(quota: 1000)), of: current, Samples.legacy) == ["cpu.cfs_quota_us ← 1000"])
        #expect(try lines(Resources(), of: current, Samples.unified).isEmpty)
        #expect(try CgroupUpdate(Resources(), of: current, layout: Samples.unified).changes.deviceRules == nil)
    }

    @Test func swapFollowsTheLimitOnUnified() throws {
        let current = Resources(memory: Memory(limit: 100, swap: 300))
        #expect(
            try lines(Resources(memory: Memory(limit: 200)), of: current, Samples.unified)
                == [
                    "memory.swap.max ← 100 (if there is one)", "memory.max ← 200",
                ].map { $0.replacing(" (if there is one)", with: "") })
        let error = #expect(throws: CgroupError.self) {
            try lines(Resources(memory: Memory(limit: 400)), of: current, Samples.unified)
        }
        #expect(error?.path?.description == "memory.swap")
    }

    /// Without a limit of memory the old one of memory and swap would be refused on v1, and on v2 be one of swap.
    @Test(arguments: [nil, 0] as [Int64?]) func noLimitOfMemory(swap: Int64?) throws {
        let current = Resources(memory: Memory(limit: 100, swap: 300))
        let change = Resources(memory: Memory(limit: -1, swap: swap))
        #expect(
            try lines(change, of: current, Samples.legacy)
                == ["memory.limit_in_bytes ← -1", "memory.memsw.limit_in_bytes ← -1"])
        #expect(
            try lines(change, of: current, Samples.unified) == ["memory.swap.max ← max (if there is one)", "memory.max ← max"])
        #expect(try lines(Resources(memory: Memory(limit: -1, swap: 500)), of: current, Samples.unified)
            == ["memory.swap.max ← 500", "memory.max ← max"])
    }

    @Test func resourcesAreMerged() throws {
        let current = Resources(
            cpu: CPU(shares: 512, quota: 1000, cpus: "0"),
            blockIO: BlockIO(throttleReadBpsDevice: [ThrottleDevice(major: 8, minor: 0, rate: 1)]),
            unified: ["memory.high": "1"])
        let change = Resources(
            memory: Memory(limit: 5), cpu: CPU(shares: 0, quota: -1, cpus: ""),
            blockIO: BlockIO(throttleReadBpsDevice: [
                ThrottleDevice(major: 8, minor: 0, rate: 2), ThrottleDevice(major: 8, minor: 16, rate: 3),
            ]),
            unified: ["memory.low": "2"])
        let merged = current.updated(by: change)
        #expect(merged.cpu == CPU(shares: 512, quota: -1, cpus: "0"))
        #expect(merged.memory == Memory(limit: 5))
        #expect(merged.blockIO?.throttleReadBpsDevice?.map(\.rate) == [2, 3])
        #expect(merged.unified == ["memory.high": "1", "memory.low": "2"])
    }
}

extension String {
    func replacing(_ text: String, with other: String) -> String {
        var result = ""
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) {
                result += other
                rest = rest.dropFirst(text.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }
}
