import Foundation
import RuntimeSpec
import Testing

@testable import ContainerPlan
@testable import Veloci

/// What is asked of CRIU and what it says, as bytes; the protoc that made them knew criu's images/rpc.proto of version 4.2.
@Suite struct CriuTests {
    private static func bytes(_ text: String) throws -> [UInt8] {
        let digits = Array(text)
        return try stride(from: 0, to: digits.count, by: 2).map { try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16)) }
    }

    @Test func requests() throws {
        #expect(CriuRequest.version() == (try Self.bytes("080a")))
        #expect(CriuRequest.featureCheck() == (try Self.bytes("08092a0408011001")))
        #expect(CriuRequest.answer(true) == (try Self.bytes("08061801")))
        #expect(CriuRequest.answer(false) == (try Self.bytes("08061800")))
    }

    /// CRIU hears where the new container's groups are, or it makes those of the old one again.
    @Test func groupRoots() throws {
        let groups = CriuRequest.groupRoots("12:cpu,cpuacct:/a/b:c\n4:name=systemd:/a\n0::/a/b:c\n")
        #expect(groups.map(\.controller) == ["cpu", "cpuacct", "name=systemd", ""])
        #expect(groups.map(\.path) == ["/a/b:c", "/a/b:c", "/a", "/a/b:c"])
        let order = CriuOrder(options: CheckpointOptions(imagePath: "/images"), root: "/r")
        let request = CriuRequest.restore(order, groups: groups, CriuRequest.Descriptors(images: 3))
        // cg_root { ctrl: "name=systemd", path: "/a" }
        let root = try Self.bytes("ca0112") + [0x0a, 12] + Array("name=systemd".utf8) + [0x12, 2] + Array("/a".utf8)
        #expect(request.indices.contains { request[$0...].starts(with: root) })
    }

    @Test func notification() throws {
        let response = try CriuResponse(
            Self.bytes("080610012a110a0c706f73742d726573746f726510e72438a1ffffffffffffffff01420408011000520e080410021a0676342e322e312001"))
        #expect(response.kind == .notify && response.succeeded && response.script == "post-restore" && response.pid == 4711)
        #expect(response.errno == 95 && response.tracksMemory && !response.fetchesPages)
        // With a commit it is one between releases, which counts as the next.
        #expect(response.version == 40300)
    }

    @Test func version() throws {
        // type VERSION, success, version { 4, 2, sublevel 1 }
        #expect(try CriuResponse(Self.bytes("080a1001520608041002 2001".replacing(" ", with: ""))).version == 40201)
    }

    @Test func unknownFieldsAndRubbish() throws {
        #expect(try CriuResponse(Self.bytes("0802100158009a060161")).kind == .restore)
        #expect(throws: (any Error).self) { try CriuResponse([0x2a, 0x50, 0x0a]) }
    }

    /// The directory of the images, and those above it, may be yet to be made.
    @Test func theParentIsLookedFor() throws {
        let work = FileManager.default.temporaryDirectory.appendingPathComponent("veloci-parent-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: work) }
        for name in ["images/1", "images/2", "real"] {
            try FileManager.default.createDirectory(at: work.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        try Data().write(to: work.appendingPathComponent("file"))
        try FileManager.default.createSymbolicLink(
            at: work.appendingPathComponent("link"), withDestinationURL: work.appendingPathComponent("images/2"))
        func has(_ images: String, _ parent: String?) -> Bool {
            var options = CheckpointOptions(imagePath: work.path + "/" + images)
            options.parentPath = parent
            return options.hasParent
        }
        #expect(has("images/2", nil) && has("none", nil))
        for images in ["images/2", "images/3", "images/3/", "link"] { #expect(has(images, "../1"), "\(images)") }
        #expect(has("a/b/c", "../../.././images/1/") && has("images/new/new", "../../1") && has("images/2", "."))
        for images in ["images/2", "images/3", "a/b"] { #expect(!has(images, "../none") && !has(images, "./none"), "\(images)") }
        #expect(!has("images/3", ".") && !has("images/3", "../3") && !has("a/b", "../images/1") && !has("images/2", "../../file"))
        // The directory above a link is that of where it leads.
        #expect(!has("link", "../real") && has("link", "../../real"))
        #expect(!FileManager.default.fileExists(atPath: work.path + "/images/3"))
    }

    /// Whose labels the images have: CRIU's own bytes, of a host without a security module, and the same with others.
    @Test func whoseLabelsImagesHave() throws {
        let head = try Self.bytes("5459564a32ab3195")
        func module(_ message: String) throws -> ImageModule? {
            let bytes = try Self.bytes(message)
            return ImageInventory.module(head + [UInt8(bytes.count), 0, 0, 0] + bytes)
        }
        #expect(try module("080210011a0608011001180120012801") == .unlabelled)
        #expect(try module("0802100120012801 3000".replacing(" ", with: "")) == .unlabelled)
        #expect(try module("08021001200128013001") == .selinux)
        #expect(try module("08021001200128013002") == .appArmor)
        // One that nobody knows yet, and what is no message.
        #expect(try module("08021001200128013009") == nil)
        #expect(try module("080210") == nil)
        #expect(ImageInventory.module([]) == nil && ImageInventory.module(head) == nil)
    }

    /// A CRIU without SELinux is told of the label, refuses, and the place is named.
    @Test func aLabelThatWouldBeLost() throws {
        var order = CriuOrder(options: CheckpointOptions(imagePath: "/images"), root: "/r")
        let without = CriuRequest.checkpoint(order, CriuRequest.Descriptors(images: 3))
        order.label = "selinux:u:r:t:s0"
        let request = CriuRequest.checkpoint(order, CriuRequest.Descriptors(images: 3))
        // lsm_profile: "selinux:u:r:t:s0"
        let label = try Self.bytes("aa0310") + Array("selinux:u:r:t:s0".utf8)
        #expect(request.count == without.count + label.count && request.indices.contains { request[$0...].starts(with: label) })
        var response = try CriuResponse(Self.bytes("08011000"))
        response.message = "selinux LSM specified but selinux not supported by kernel"
        let options = CheckpointOptions(imagePath: "/nonexistent/images")
        let dump = CriuFailure.make(response, options, CriuLog.dump)
        #expect(dump.code == .unsupported && dump.path == JSONPath([.member("process"), .member("selinuxLabel")]))
        #expect(dump.hint?.contains("built with SELinux") == true)
        #expect(CriuFailure.make(response, options, CriuLog.restore).path == nil)
    }

    /// What CRIU has started may outlive it, and keeps its end of the socket open.
    @Test(.timeLimit(.minutes(1))) func whatCriuLeavesBehindIsNotWaitedFor() throws {
        let program = FileManager.default.temporaryDirectory.appendingPathComponent("veloci-criu-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: program) }
        try Data("#!/bin/sh\nsleep 20 &\nexit 3\n".utf8).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        let start = ContinuousClock.now
        let process = try CriuProcess(program.path)
        let failure = #expect(throws: Failure.self) { _ = try process.receive() }
        #expect(failure?.message == "CRIU ended before it was done: exit status 3")
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    static let log = """
        (00.000001) Version: 4.2.1
        (00.107811) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
        (00.411829) Warn  (criu/x.c:1): Error (criu/y.c:1): no
        (00.411829)     16: Error (criu/sk-inet.c:191): inet: Connected TCP socket, consider using --tcp-established option.
        (00.411852) Error (criu/cr-dump.c:1545): Dump files (pid: 20) failed with -1
        """

    @Test func firstErrorOfALog() {
        let reason = CriuLog.firstError(Array(Self.log.utf8))
        #expect(reason == "inet: Connected TCP socket, consider using --tcp-established option.")
        #expect(CriuRemedy.hint(reason ?? "") == "allow established connections to checkpoint and to restore")
        #expect(CriuLog.firstError(Array("(00.1) Nothing\n".utf8)) == nil)
        #expect(CriuLog.firstError([]) == nil)
    }

    @Test(arguments: [
        ("Connected TCP socket, consider using --tcp-established option.", "established connections"),
        ("External socket is used. Consider using --ext-unix-sk option.", "external unix sockets"),
        ("Some file locks are hold by dumping tasks! You can try --file-locks to dump them.", "file locks"),
        ("Can't dump ghost file /x of 2097152 size, increase limit", "ghost-limit"),
        ("Can't lookup mount=110 for fd=1 path=/run/p1", "pipes"),
        ("mnt: Mount 12 ./x (master_id: 1 shared_id: 0) has unreachable sharing. Try --enable-external-masters.", "rprivate"),
        ("mnt: No mapping for 53:(null) mountpoint", "config.json"),
        ("A session leader of 17(17) is outside of its pid namespace", "job of a shell"),
        ("fsnotify: Can't open handle", "force-irmap"),
        ("cpu: CPU capabilities do not match run time", "CPU"),
        ("tty: Found dangling tty with sid 1 pgid 1", "job of a shell"),
        ("Can't create link remap for /one. Use link-remap option.", "remap links"),
        ("inet: In-flight connection (l) for e16382", "nobody has accepted"),
        ("apparmor LSM specified but apparmor not supported by kernel", "no such security module"),
        ("Dumping seccomp filters not supported: Invalid argument", "this kernel lacks"),
        ("Kernel doesn't support PTRACE_O_SUSPEND_SECCOMP", "this kernel lacks"),
        ("Magic doesn't match for inventory.img", "one that knows more"),
        ("mnt: 518:./tmp doesn't have a proper root mount", "came into the container later"),
        ("Can't lookup mount=634 for fd=0 path=/dev/pts/0", "job of a shell"),
    ]) func remedies(_ reason: String, _ word: String) {
        #expect(CriuRemedy.hint(reason)?.contains(word) == true)
    }
}
