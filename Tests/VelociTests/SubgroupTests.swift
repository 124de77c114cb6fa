import Testing

@testable import Cgroups
@testable import Veloci

/// `exec --cgroup`: which directory a program joins in each hierarchy.
@Suite struct SubgroupTests {
    static let group = ContainerGroup(recorded: [
        "": "/sys/fs/cgroup/unified/web", "cpu": "/sys/fs/cgroup/cpu/web", "cpuacct": "/sys/fs/cgroup/cpu/web",
        "memory": "/sys/fs/cgroup/memory/web", "name=systemd": "/sys/fs/cgroup/systemd/web",
    ])

    private func suffixes(_ asked: [String: String]) throws -> [String: String] {
        let subgroups = try Subgroups(asked, Self.group, containerProcess: 0)
        return Dictionary(
            uniqueKeysWithValues: Self.group.group.paths.locations.map {
                ($0.version == .v2 ? "" : $0.name ?? $0.controllers.joined(separator: ","), subgroups.suffix($0))
            })
    }

    @Test func paths() throws {
        #expect(try suffixes([:]) == ["": "", "cpu,cpuacct": "", "memory": "", "systemd": ""])
        #expect(try suffixes(["": "a/b"]) == ["": "/a/b", "cpu,cpuacct": "/a/b", "memory": "/a/b", "systemd": "/a/b"])
        #expect(try suffixes(["cpuacct": "/a//./b/"]) == ["": "", "cpu,cpuacct": "/a/b", "memory": "", "systemd": ""])
        #expect(try suffixes(["": "a", "memory": "m"])["memory"] == "/m")
        #expect(try suffixes(["name=systemd": "s"])["systemd"] == "/s")
    }

    @Test func refusals() {
        #expect(throws: Failure.self) { try suffixes(["pids": "a"]) }
        #expect(throws: Failure.self) { try suffixes(["memory": "../other"]) }
        #expect(throws: Failure.self) { try suffixes(["": "a/../../b"]) }
    }

    /// The group of the first process, from a /proc/PID/cgroup that may begin elsewhere.
    @Test(arguments: [
        ("0::/web/init\n", "/init"), ("0::/machine/x/unified/web/a/b\n", "/a/b"), ("1:cpu:/web/c\n0::/web\n", nil),
        ("0::/other/init\n", nil), ("0::/webb/init\n", nil), ("", nil),
    ] as [(String, String?)])
    func place(text: String, expected: String?) {
        #expect(Subgroups.place(below: "/sys/fs/cgroup/unified/web", in: text) == expected)
    }

    /// Where the first process is, in each hierarchy.
    @Test(arguments: [
        ("0::/a\n", "", "/a"), ("1:cpu,cpuacct:/b:c\n0::/a\n", "cpu,cpuacct", "/b:c"), ("1:name=systemd:/s\n", "systemd", "/s"),
        ("0::/../other\n", "", nil), ("1:cpu:/b\n", "", nil), ("", "cpu,cpuacct", nil),
    ] as [(String, String, String?)])
    func group(text: String, hierarchy: String, expected: String?) throws {
        let location = try #require(Self.group.group.paths.locations.first { $0.hierarchyName == hierarchy })
        #expect(Subgroups.group(of: location, in: text) == expected)
    }
}
