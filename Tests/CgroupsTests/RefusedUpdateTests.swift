import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups

/// An update is all or nothing: what was written before the value that is refused is taken back.
@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct RefusedUpdateTests {
    /// Values of every kind that this host has a controller for, with what they were before.
    private func resources(_ size: Int64, _ disk: (major: Int64, minor: Int64)?, _ layout: CgroupLayout) -> Resources {
        var resources = Resources()
        let has = Set(layout.controllers)
        if has.contains("memory") { resources.memory = Memory(limit: size << 20, reservation: size << 19, swap: size << 21) }
        if has.contains("cpu") { resources.cpu = CPU(shares: UInt64(size) * 10, quota: size * 1000, period: UInt64(size) * 2000) }
        if has.contains("pids") { resources.pids = Pids(limit: size) }
        if has.contains("io") || has.contains("blkio") {
            resources.blockIO = BlockIO(weight: UInt16(size))
            if let disk {
                resources.blockIO?.throttleReadBpsDevice = [
                    ThrottleDevice(major: disk.major, minor: disk.minor, rate: UInt64(size) << 10)
                ]
            }
        }
        return resources
    }

    private func texts(_ cgroup: Cgroup, _ changes: CgroupChanges) -> [String: String] {
        var texts: [String: String] = [:]
        for location in cgroup.paths.locations {
            for write in changes.writes {
                for file in [write.file, write.alternative?.file].compactMap({ $0 }) {
                    texts[location.directory + "/" + file] = GroupFiles(location).readIfPresent(file)
                }
            }
        }
        return texts
    }

    @Test(arguments: [false, true]) func nothingChanges(isUnified: Bool) throws {
        let layout = isUnified ? try HostGroups.unifiedLayout() : try CgroupLayout.detect()
        guard let layout, layout.controllers.contains("hugetlb") else {
            print("no hugetlb controller on this host: nothing would be refused last")
            return
        }
        let disk = try HostGroups.disk()
        let allow = [DeviceCgroup(allow: true, type: "c", major: 10, minor: 237, access: "r")]
        try HostGroups.with(layout) { paths, layout in
            let before = resources(40, disk, layout)
            let first = try CgroupChanges(resources: before, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: first).cgroup
            try cgroup.apply(first)
            for (current, change) in [(before, resources(80, disk, layout)), (resources(0, nil, layout), resources(90, disk, layout))] {
                // Refused last, since the kernel has no file for it.
                var change = change
                change.devices = allow
                change.hugepageLimits = [HugepageLimit(pageSize: "3MB", limit: 1)]
                let update = try CgroupUpdate(change, of: current, layout: layout)
                let texts = texts(cgroup, update.changes)
                let devices = paths.location(of: "devices").flatMap { GroupFiles($0).readIfPresent("devices.list") }
                let error = #expect(throws: CgroupError.self) { try cgroup.update(update) }
                #expect(error?.path?.description == "hugepageLimits[0].limit")
                #expect(error?.hint?.contains("other values stay") == false, "\(error?.hint ?? "")")
                #expect(self.texts(cgroup, update.changes) == texts)
                #expect(paths.location(of: "devices").flatMap { GroupFiles($0).readIfPresent("devices.list") } == devices)
            }
        }
    }

    @Test func whatIsToldComesLast() throws {
        try HostGroups.with { paths, layout in
            guard let changes = try? CgroupChanges(resources: Resources(pids: Pids(limit: 5)), layout: layout) else {
                print("no controller for processes on this host")
                return
            }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            let pids = GroupFiles(try #require(paths.location(of: "pids")))
            let update = try CgroupUpdate(Resources(pids: Pids(limit: 6)), of: nil, layout: layout)
            var seen: String?
            let error = #expect(throws: CgroupError.self) {
                try cgroup.update(update) { () throws(CgroupError) in
                    seen = pids.readIfPresent("pids.max")
                    throw CgroupError(.systemd, "refused")
                }
            }
            #expect(error?.kind == .systemd)
            #expect(seen == "6")
            #expect(pids.readIfPresent("pids.max") == "5")
        }
    }

    @Test(arguments: [
        ("memory.max", "5", "1048576", "1048576"), ("cpuset.cpus", "0", "", "\n"), ("cpu.max", "1 2", "max 100000", "max 100000"),
        ("io.weight", "7", "default 100\n8:16 50", "default 100"), ("io.weight", "8:16 7", "default 100\n8:16 50", "8:16 50"),
        ("io.weight", "8:16 7", "default 100", "8:16 default"), ("blkio.bfq.weight_device", "8:16 7", "", "8:16 0"),
        ("io.max", "8:0 rbps=1", "8:16 rbps=max wbps=2 riops=max wiops=max", "8:0 rbps=max wbps=max riops=max wiops=max"),
        ("io.max", "8:16 rbps=1", "8:16 rbps=max wbps=2 riops=max wiops=max", "8:16 rbps=max wbps=2 riops=max wiops=max"),
        ("memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 0", "0"),
        ("net_prio.ifpriomap", "lo 7", "lo 0\neth0 5", "lo 0"), ("memory.pressure", "x", "some a\nfull b", nil),
        ("rdma.max", "mlx5_0 hca_handle=1", "mlx5_0 hca_handle=max hca_object=max", "mlx5_0 hca_handle=max hca_object=max"),
    ] as [(String, String, String, String?)])
    func formerValues(file: String, value: String, text: String, former: String?) {
        #expect(Cgroup.former(text, of: file, before: value) == former)
    }
}
