import RuntimeSpec

@testable import Cgroups
@testable import LinuxKernel
@testable import Veloci

extension Fuzzer {
    /// The kernel's files, of which a container writes parts: names of processes, of groups, of mounts.
    static let kernelTexts = Fuzzer("kernel-texts", seeds: [
        "0a) R 1 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 777 9",
        "136 35 98:0 /root /sys/fs/cgroup rw shared:1 - cgroup2 cgroup rw\n37 36 0:1 / /sys/fs/cgroup/a\\040b rw - cgroup x rw,memory\n",
        "29:memory:/x\n0::/a/b (deleted)\n1:name=systemd:/\n", "3rbytes=1 wbytes=2\n8:0 rbytes=9 wios=3\n8:0 Read 4\n",
        "4some avg10=0.10 avg60=1e3 avg300=0.00 total=18446744073709551616\nfull avg10=9", "56.12.48-cloud-amd64", "60::/machine/x/y\n",
        "7L3:0=f;1=0f\n",
    ]) { bytes in
        var input = Input(bytes)
        switch input.below(8) {
        case 0: processStatistics(&input)
        case 1: mounts(&input)
        case 2: groups(&input)
        case 3, 4: statistics(input.remainder())
        case 5: if let version = KernelVersion(release: input.remainder()) { expect("\(version)" == "\(version.major).\(version.minor)", "the version \(version)") }
        case 6:
            let directory = "/sys/fs/cgroup/" + input.text(30)
            let place = Subgroups.place(below: directory, in: input.remainder())
            expect(place?.isEmpty != false || place?.utf8.first == UInt8(ascii: "/"), "a place \(place ?? "") below a group")
        default:
            let mountPoint = CacheControl.mountPoint(inMountTable: input.remainder())
            expect(mountPoint?.isEmpty != true, "an empty mount point")
        }
    }

    /// Whatever a process calls itself, its time of start is the kernel's.
    private static func processStatistics(_ input: inout Input) {
        let time = input.word()
        let name = input.bytes(15)
        let behind = (0..<18).map { "\(Int8(truncatingIfNeeded: $0) - 9)" }.joined(separator: " ")
        let line = Array("4711 (".utf8) + name + Array(") R \(behind) \(time) 12345 6 7".utf8)
        expect(Processes.startTime(inStatistics: line) == time, "the start of a process that calls itself \(name)")
        _ = Processes.startTime(inStatistics: Array(input.remainder().utf8))
    }

    /// A mount table with one hierarchy at a place whose name anybody may have chosen, then any text.
    private static func mounts(_ input: inout Input) {
        let name = input.bytes(20).filter { $0 != 0 && $0 != UInt8(ascii: "/") && $0 < 0x80 }
        guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else { return }
        let escaped = name.flatMap { byte -> [UInt8] in
            guard [0x20, 0x09, 0x0a, 0x5c].contains(byte) else { return [byte] }
            let octal = String(byte, radix: 8)
            return Array(("\\" + String(repeating: "0", count: 3 - octal.utf8.count) + octal).utf8)
        }
        let line = Array("20 1 8:1 / / rw - ext4 /dev/a rw\n30 20 0:30 / /".utf8) + escaped + Array(" rw - cgroup2 none rw\n".utf8)
        let found = MountTable(bytes: line).visibleCgroups
        let expected = "/" + String(decoding: name, as: UTF8.self)
        expect(found.count == 1 && found[0].mountPoint == expected, "\(found) instead of \(expected)")
        let table = input.text(200)
        let layout = CgroupLayout(mountTable: Array(table.utf8), membership: Array(input.text(100).utf8)) { _ in "cpu  memory\n" }
        for hierarchy in layout.hierarchies {
            expect(hierarchy.ownCgroup.utf8.first == UInt8(ascii: "/"), "the caller's group is \(hierarchy.ownCgroup)")
        }
    }

    private static func groups(_ input: inout Input) {
        let group = "/" + String(decoding: input.bytes(40).filter { $0 != 0x0a && $0 < 0x80 }, as: UTF8.self)
        let found = CgroupMemberships(Array("5:cpu,cpuacct:\(group)\n0::\(group)\n".utf8))
        expect(found["cpu"] == group && found["cpuacct"] == group && found[""] == group, "\(found) instead of \(group)")
        _ = CgroupMemberships(Array(input.remainder().utf8))
    }

    private static func statistics(_ text: String) {
        _ = StatisticsText.pairs(text)
        _ = StatisticsText.limit(text)
        let pressure = StatisticsText.pressure(text)
        _ = StatisticsText.legacyBlockIO(text)
        _ = StatisticsText.unifiedBlockIO(text)
        var statistics = CgroupStatistics()
        statistics.cpu.psi = pressure
        expect((try? JSONValue.decode(Array(statistics.jsonText().utf8))) != nil, "statistics are written that are no JSON")
        if let list = CPUList(text) {
            expect(list.numbers.allSatisfy { (0...CPUList.maximum).contains($0) }, "numbers of processors: \(list.numbers)")
            expect(list.bitmap.count <= CPUList.maximum / 8 + 1, "a bitmap of \(list.bitmap.count) bytes")
        }
    }
}
