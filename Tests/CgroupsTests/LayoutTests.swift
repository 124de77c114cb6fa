import Chance
import RuntimeSpec
import Testing

@testable import Cgroups

extension CgroupLayout {
    /// The layout of tables that are written as text.
    init(mountTable: String, membership: String, unifiedControllers: (_ mountPoint: String) -> String) {
        self.init(
            mountTable: Array(mountTable.utf8), membership: Array(membership.utf8), unifiedControllers: unifiedControllers)
    }
}

/// Tables of mounts and memberships as hosts have them.
enum Samples {
    static let hybridMounts = """
        23 1 254:0 / / rw,relatime - ext4 /dev/root rw
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
        34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
        37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
        38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
        39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
        42 31 0:39 / /sys/fs/cgroup/mine rw,relatime - cgroup cgroup rw,name=mine
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """
    static let hybridMembership = """
        10:name=mine:/
        9:name=systemd:/a
        8:pids:/
        7:blkio:/
        6:freezer:/
        5:devices:/
        4:memory:/service/0abc
        3:cpuset:/
        2:cpu,cpuacct:/
        0::/a/b

        """
    static let unifiedMounts = """
        21 1 8:1 / / rw - ext4 /dev/sda1 rw
        22 21 0:21 / /sys rw - sysfs sysfs rw
        29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
        90 21 0:70 / /opt/vpn/net\\040cls rw - cgroup cgroup rw,net_cls
        """

    static var hybrid: CgroupLayout {
        CgroupLayout(mountTable: hybridMounts, membership: hybridMembership) { _ in "hugetlb\n" }
    }
    static var unified: CgroupLayout {
        CgroupLayout(mountTable: unifiedMounts, membership: "5:net_cls:/\n0::/user.slice/user-1000.slice/session-3.scope\n") {
            _ in
            "cpuset cpu io memory hugetlb pids rdma misc\n"
        }
    }
    static var legacy: CgroupLayout {
        let names = ["cpu", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb", "net_cls", "net_prio", "rdma"]
        return CgroupLayout(
            hierarchies: names.map {
                CgroupHierarchy(version: .v1, controllers: [$0], mountPoint: "/sys/fs/cgroup/\($0)", ownCgroup: "/")
            })
    }
}

@Suite struct LayoutTests {
    @Test func hybridHost() throws {
        let layout = Samples.hybrid
        #expect(layout.mode == .hybrid)
        #expect(layout.hierarchies.count == 10)
        #expect(layout.hierarchy(of: "cpuacct")?.mountPoint == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(layout.hierarchy(of: "memory")?.ownCgroup == "/service/0abc")
        #expect(layout.unified?.mountPoint == "/sys/fs/cgroup/unified")
        #expect(layout.unified?.controllers == ["hugetlb"])
        #expect(layout.unified?.ownCgroup == "/a/b")
        #expect(layout.hierarchies.compactMap(\.name) == ["systemd", "mine"])
    }

    @Test func unifiedHostIgnoresForeignLegacyMounts() {
        let layout = Samples.unified
        #expect(layout.mode == .unified)
        #expect(layout.hierarchies.count == 1)
        #expect(layout.unified?.ownCgroup == "/user.slice/user-1000.slice/session-3.scope")
    }

    @Test func coveredMountsAreNotSeen() {
        // As in a private namespace after: mount -t cgroup2 none /sys/fs/cgroup
        let mounts = Samples.hybridMounts + "\n99 31 0:38 / /sys/fs/cgroup rw - cgroup2 none rw\n"
        let layout = CgroupLayout(mountTable: mounts, membership: Samples.hybridMembership) { _ in "hugetlb" }
        #expect(layout.mode == .unified)
        #expect(layout.unified?.mountPoint == "/sys/fs/cgroup")
        // And after: mount -t tmpfs none /sys/fs/cgroup/unified
        let covered = Samples.hybridMounts + "\n99 41 0:77 / /sys/fs/cgroup/unified rw - tmpfs none rw\n"
        let legacy = CgroupLayout(mountTable: covered, membership: Samples.hybridMembership) { _ in "hugetlb" }
        #expect(legacy.mode == .legacy)
        // A tmpfs over a directory above.
        let above = Samples.hybridMounts + "\n99 23 0:77 / /sys rw - tmpfs none rw\n"
        #expect(CgroupLayout(mountTable: above, membership: "") { _ in "" }.mode == .none)
    }

    /// Mounts upon mounts, at any place and in any number: seen are those at which the walk of their own path ends.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func seenIsWhatItsPathLeadsTo(seed: UInt64) {
        var chance = SplitMix(seed: seed)
        var mounts: [(parent: Int, path: String)] = [(-1, "/")]
        func isBelow(_ path: String, _ directory: String) -> Bool {
            directory == "/" || path == directory || path.starts(with: directory + "/")
        }
        func walk(_ path: String) -> Int {
            var current = 0
            while true {
                let next = mounts.indices.filter { mounts[$0].parent == current && isBelow(path, mounts[$0].path) }
                guard let first = next.min(by: { mounts[$0].path.utf8.count < mounts[$1].path.utf8.count }) else {
                    return current
                }
                current = first
            }
        }
        for _ in 0..<Int.random(in: 1...14, using: &chance) {
            let depth = Int.random(in: 1...3, using: &chance)
            let path = (0..<depth).map { _ in "/" + ["a", "b", "ab"].randomElement(using: &chance)! }.joined()
            mounts.append((walk(path), path))
        }
        let table = mounts.enumerated().map { index, mount in
            "\(index + 10) \(mount.parent + 10) 0:\(index) / \(mount.path) rw - cgroup2 none rw"
        }
        let found = MountTable(bytes: Array(table.joined(separator: "\n").utf8)).visibleCgroups.map { $0.mountPoint }
        #expect(found == mounts.indices.filter { walk(mounts[$0].path) == $0 }.map { mounts[$0].path }, "\(table)")
    }

    @Test func groupsBelowTheMountedRoot() {
        // Inside a container without a cgroup namespace: the mount shows the container's group only.
        let mounts = """
            1 0 0:1 / / rw - overlay overlay rw
            2 1 0:2 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            3 1 0:3 /../.. /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
            """
        let layout = CgroupLayout(mountTable: mounts, membership: "2:memory:/docker/abc/inner\n3:pids:/\n") { _ in "" }
        #expect(layout.hierarchy(of: "memory")?.ownCgroup == "/inner")
        #expect(layout.hierarchy(of: "pids")?.ownCgroup == "/")
        let sibling = CgroupLayout(mountTable: mounts, membership: "2:memory:/docker/abcd\n") { _ in "" }
        #expect(sibling.hierarchy(of: "memory")?.ownCgroup == "/")
    }

    @Test(arguments: ["", "garbage", "1 2 3", "1 1 0:1 / / rw - cgroup2", "x y z - - -", "1 0 0:1 / / rw - cgroup c rw,memory"])
    func oddTablesAreSurvived(text: String) {
        _ = CgroupLayout(mountTable: text, membership: "::::\n0:\n") { _ in "" }
    }

    @Test func membershipsAreFoundByController() {
        let own = CgroupMemberships(Array("nothing\n7:cpu,cpuacct:/a:b\n6:cpu:/later\n5:name=x,:/c\n::\n0::/d".utf8))
        #expect(own["cpuacct"] == "/a:b" && own["cpu"] == "/later" && own["name=x"] == "/c" && own[""] == "/d")
        #expect(own.has("cpuacct") && own.has(""))
        for other in ["cpuac", "cpuaccu", "cpu,cpuacct", "nothing", "name=", "x", "7"] {
            #expect(!own.has(other) && own[other] == nil)
        }
        #expect(CgroupMemberships([])[""] == nil)
    }

    @Test func thisHost() throws {
        let layout = try CgroupLayout.detect()
        #expect(layout.mode != .none)
        for hierarchy in layout.hierarchies { #expect(try GroupFiles(hierarchy.mountPoint).isControlGroup()) }
    }
}

@Suite struct PathTests {
    @Test func absolutePathsStartAtTheMountPoint() throws {
        let paths = try CgroupPaths(layout: Samples.hybrid, cgroupsPath: "/a//./b/", containerID: "web")
        #expect(paths.location(of: "memory")?.directory == "/sys/fs/cgroup/memory/a/b")
        #expect(paths.location(of: "cpuacct")?.directory == "/sys/fs/cgroup/cpu,cpuacct/a/b")
        #expect(paths.unified?.directory == "/sys/fs/cgroup/unified/a/b")
        #expect(paths.recorded["name=systemd"] == "/sys/fs/cgroup/systemd/a/b")
        #expect(paths.isExplicit)
        // The named hierarchy of somebody else is not joined.
        #expect(!paths.directories.contains { $0.hasPrefix("/sys/fs/cgroup/mine") })
    }

    @Test func relativePathsStartAtTheCallersGroup() throws {
        for text in [nil, "", "web"] {
            let paths = try CgroupPaths(layout: Samples.hybrid, cgroupsPath: text, containerID: "web")
            #expect(paths.location(of: "memory")?.directory == "/sys/fs/cgroup/memory/service/0abc/web")
            #expect(paths.location(of: "pids")?.directory == "/sys/fs/cgroup/pids/web")
            #expect(paths.unified?.directory == "/sys/fs/cgroup/unified/a/web")
            #expect(paths.isExplicit == (text == "web"))
        }
    }

    @Test(arguments: ["..", "/a/../b", "../x", "/", "//", ".", "/.", "a\nb", "a\u{0}b", "/" + String(repeating: "x", count: 256)])
    func refused(text: String) {
        let error = #expect(throws: CgroupError.self) {
            try CgroupPaths(layout: Samples.unified, cgroupsPath: text, containerID: "web")
        }
        #expect(error?.kind == .invalidPath)
        #expect(error?.path?.description == "linux.cgroupsPath")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func namesWithDotsAreNames() throws {
        let paths = try CgroupPaths(layout: Samples.unified, cgroupsPath: "/...a/b..", containerID: "web")
        #expect(paths.directories == ["/sys/fs/cgroup/...a/b.."])
    }

    @Test func recordedPathsComeBack() throws {
        let paths = try CgroupPaths(layout: Samples.hybrid, cgroupsPath: "/a", containerID: "web")
        let again = CgroupPaths(recorded: paths.recorded)
        #expect(Set(again.directories) == Set(paths.directories))
        #expect(again.unified?.directory == paths.unified?.directory)
        #expect(again.location(of: "cpuacct") == again.location(of: "cpu"))
        #expect(again.recorded == paths.recorded)
    }
}
