import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups

@Suite struct StatisticsTextTests {
    @Test func files() {
        #expect(StatisticsText.pairs("a 1\nb x\nc\nd 2 3\ne 4\n") == ["a": 1, "e": 4])
        #expect(StatisticsText.limit("max") == UInt64.max)
        #expect(StatisticsText.limit("12") == 12)
        let psi = StatisticsText.pressure(
            "some avg10=0.72 avg60=2.57 avg300=3.25 total=35393278\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n")
        #expect(psi.some.avg10 == 0.72)
        #expect(psi.some.total == 35_393_278)
        #expect(psi.full.total == 7)
        // JSON has no form for it.
        #expect(StatisticsText.pressure("some avg10=1e400 avg60=nan avg300=-inf total=1").some.avg10 == 0)
        let v1 = StatisticsText.legacyBlockIO("8:0 Read 10\n8:0 Total 10\nTotal 10\n8:16 5\n")
        #expect(v1.map(\.operation) == ["Read", "Total", ""])
        #expect(v1.map(\.minor) == [0, 0, 16])
        let v2 = StatisticsText.unifiedBlockIO("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:1\n")
        #expect(v2.serviceBytes.map(\.value) == [1, 2])
        #expect(v2.serviced.map(\.value) == [3, 4])
    }

    /// Names and omissions are part of the interface: callers decode them.
    @Test func textForEvents() {
        var statistics = CgroupStatistics()
        #expect(
            statistics.jsonText()
                == #"{"cpu":{},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"#
                + #""memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"#
                + #""sched_relax_domain_level":0},"memory":{},"pids":{},"blkio":{},"hugetlb":{},"intel_rdt":{},"#
                + #""network_interfaces":null}"#)
        statistics.cpu.total = 5
        statistics.cpu.throttledTime = 6
        statistics.cpu.psi = StatisticsText.pressure("some avg10=0.50 avg60=1.00 avg300=0.00 total=9")
        statistics.memory.usage.limit = 10
        statistics.memory.raw = ["b": 2, "a": 1]
        statistics.pids.current = 1
        statistics.blkio.queued = [.init(major: 8, minor: 0, operation: "Read", value: 3)]
        statistics.hugetlb["2MB"] = HugetlbStatistics()
        let text = statistics.jsonText()
        for part in [
            #""cpu":{"usage":{"total":5,"kernel":0,"user":0},"throttling":{"throttledTime":6},"#
                + #""psi":{"some":{"avg10":0.5,"avg60":1,"avg300":0,"total":9}}}"#,
            #""memory":{"usage":{"limit":10,"failcnt":0},"raw":{"a":1,"b":2}}"#, #""pids":{"current":1}"#,
            #""blkio":{"ioQueueRecursive":[{"major":8,"op":"Read","value":3}]}"#, #""hugetlb":{"2MB":{"failcnt":0}}"#,
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }
}

@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct StatisticsLifeTests {
    @Test func aBusyContainer() throws {
        try HostGroups.with { paths, layout in
            let resources = Resources(
                memory: Memory(limit: 96 << 20), cpu: CPU(quota: 20_000, period: 100_000), pids: Pids(limit: 9))
            guard let changes = try HostGroups.plan(resources, layout) else { return }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            let child = try HostGroups.start(
                "x=$(head -c 300000 /dev/zero | tr '\\0' x); while :; do :; done", in: cgroup)
            _ = child
            // One reading for all: the shell's helpers come and go.
            var statistics = try cgroup.statistics()
            #expect(
                try HostGroups.eventually {
                    statistics = try cgroup.statistics()
                    return statistics.cpu.throttledPeriods > 2 && statistics.pids.current == 1
                        && statistics.memory.usage.usage > 0
                })
            #expect(statistics.cpu.total > 1_000_000)
            #expect(statistics.cpu.throttledTime > 0)
            #expect(statistics.pids.current == 1)
            #expect(statistics.pids.limit == 9)
            #expect(statistics.memory.usage.limit == 96 << 20)
            #expect(statistics.memory.usage.usage > 0)
            #expect(!statistics.memory.raw.isEmpty)
            if layout.unified != nil { #expect(statistics.cpu.psi != nil) }
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(statistics.jsonText().utf8)) }
        }
    }

    @Test func withoutGroupsThereIsNothingToSay() throws {
        let cgroup = Cgroup(paths: CgroupPaths(recorded: ["memory": "/sys/fs/cgroup/memory/veloci-test-none-\(getpid())"]))
        let error = #expect(throws: CgroupError.self) { try cgroup.statistics() }
        #expect(error?.errno == .noEntry)
    }

    @Test func runningOutOfMemoryIsNoticed() throws {
        try HostGroups.with { paths, layout in
            let resources = Resources(memory: Memory(limit: 24 << 20, swap: 24 << 20))
            guard let changes = try HostGroups.plan(resources, layout) else { return }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            var watch = try MemoryWatch(cgroup, pressure: .low)
            #expect(try watch.next(milliseconds: 0) == nil)
            let child = try HostGroups.start(
                // The shell is ended before those that write to it, and they would complain.
                "exec 2>/dev/null; x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo $?", in: cgroup)
            var seen: [MemoryWatch.Event] = []
            _ = try HostGroups.eventually {
                if let event = try watch.next(milliseconds: 100) { seen.append(event) }
                return seen.contains(.outOfMemory)
            }
            #expect(seen.contains(.outOfMemory))
            #expect(!seen.contains(.removed))
            try cgroup.kill(within: Deadline(milliseconds: 3000))
            _ = child.wait()
            _ = try cgroup.destroy(within: Deadline(milliseconds: 3000))
            #expect(try HostGroups.eventually { try watch.next(milliseconds: 0) == .removed })
        }
    }
}
