import Foundation
import LinuxKernel
import RuntimeSpec
import Seccomp

/// Bundles, state and commands of one benchmark.
struct Workshop {
    let directory: String
    let launcher: Launcher
    /// Also the beginning of the names of control groups, so that who made the directory finds them.
    let id: String
    let options: Options
    var pidFile: String { directory + "/pid" }

    init(_ options: Options) throws {
        self.options = options
        directory = options.directory
        id = URL(fileURLWithPath: directory).deletingLastPathComponent().lastPathComponent
        let binaries = directory + "/rootfs/bin"
        try FileManager.default.createDirectory(atPath: binaries, withIntermediateDirectories: true)
        launcher = try Launcher(program: options.launcher, directory: directory)
        guard FileManager.default.isExecutableFile(atPath: "/bin/busybox") else {
            throw Trouble("busybox is missing: sudo apt-get install busybox-static")
        }
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: binaries + "/busybox")
        for name in ["sleep", "true"] {
            try FileManager.default.createSymbolicLink(atPath: binaries + "/" + name, withDestinationPath: "busybox")
        }
        for name in ["proc", "dev", "sys"] {
            try FileManager.default.createDirectory(atPath: directory + "/rootfs/" + name, withIntermediateDirectories: true)
        }
        for runtime in options.runtimes {
            try FileManager.default.createDirectory(atPath: root(of: runtime), withIntermediateDirectories: true)
        }
        try writeBundles()
    }

    /// The directory is another's.
    func clear() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }

    private var hasLimits: Bool {
        options.view == "v1" || ((try? String(contentsOfFile: "/sys/fs/cgroup/cgroup.controllers", encoding: .utf8)) ?? "").contains("memory")
    }

    func root(of runtime: Runtime) -> String { directory + "/state-" + runtime.name }

    /// Three bundles: one that waits, one that ends at once, and one for crowds, whose network is the caller's.
    private func writeBundles() throws {
        guard let maker = options.runtimes.first(where: { !$0.isFloor }) else { throw Trouble("no runtime but the floor") }
        for name in ["long", "short", "crowd"] {
            try FileManager.default.createDirectory(atPath: directory + "/" + name, withIntermediateDirectories: true)
        }
        try launcher.run([maker.path, "spec", "--bundle", directory + "/long"])
        func read(_ file: String) throws -> Spec { try Spec.decode(Array(Data(contentsOf: URL(fileURLWithPath: file)))) }
        var spec = try read(directory + "/long/config.json")
        // Older runtimes refuse newer versions.
        spec.ociVersion = "1.0.2"
        spec.process?.terminal = false
        spec.root?.path = directory + "/rootfs"
        if options.bundle == .engine {
            spec.linux?.seccomp = try read(options.filterSource).linux?.seccomp
            if hasLimits {
                spec.linux?.resources?.pids = Pids(limit: 100)
                spec.linux?.resources?.memory = Memory(limit: 256 << 20)
                spec.linux?.resources?.cpu = CPU(shares: 512, quota: 50_000, period: 100_000)
            }
            if let profile = spec.linux?.seccomp, let program = try SeccompCompiler.compile(profile) {
                let bytes = program.withBytes { Data($0) }
                try bytes.write(to: URL(fileURLWithPath: directory + "/filter"))
            }
        }
        if options.bundle == .user {
            spec.linux?.namespaces?.append(Namespace(type: "user"))
            spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
            spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
        }
        try write(spec, ["sleep", "10000"], "long")
        try write(spec, ["true"], "short")
        spec.linux?.namespaces?.removeAll { $0.type == "network" }
        spec.linux?.cgroupsPath = nil
        try write(spec, ["sleep", "10000"], "crowd")
    }

    private func write(_ spec: Spec, _ arguments: [String], _ name: String) throws {
        var spec = spec
        spec.process?.args = arguments
        // Each container has the group of its own that engines name, and the runs that are made at once have one that is theirs.
        if name == "long" { spec.linux?.cgroupsPath = "/" + id }
        try Data(spec.encoded()).write(to: URL(fileURLWithPath: directory + "/" + name + "/config.json"))
    }

    /// The words of a command, or nil where the runtime, or the floor, has none.
    func words(_ runtime: Runtime, _ operation: Operation, id name: String? = nil, bundle: String? = nil) -> [String]? {
        let name = name ?? id
        if runtime.isFloor {
            guard operation == .run else { return nil }
            var words = [runtime.path, options.view, directory + "/rootfs", root(of: runtime), name]
            words.append(options.bundle == .engine ? directory + "/filter" : "-")
            if options.bundle == .engine && hasLimits { words.append("limits") }
            if options.bundle == .user { words.append("user") }
            return words
        }
        let start = [runtime.path, "--root", root(of: runtime)]
        switch operation {
        case .version: return [runtime.path, "--version"]
        case .create: return start + ["create", "--pid-file", pidFile, "--bundle", directory + "/" + (bundle ?? "long"), name]
        case .state, .start, .pause, .resume, .delete: return start + [operation.rawValue, name]
        case .ps: return start + ["ps", "--format", "json", name]
        case .update: return hasLimits ? start + ["update", "--pids-limit", "90", name] : nil
        case .exec: return start + ["exec", name, "/bin/true"]
        case .execDetached: return start + ["exec", "--detach", name, "/bin/true"]
        case .kill: return start + ["kill", name, "KILL"]
        case .run: return start + ["run", "--bundle", directory + "/short", name]
        case .list: return start + ["list"]
        case .life: return []
        }
    }

    func process() throws -> Int32 {
        guard let pid = Int32(try String(contentsOfFile: pidFile, encoding: .utf8)) else { throw Trouble("no pid in the pid file") }
        return pid
    }

    func removeForcefully(_ runtime: Runtime, _ name: String) {
        guard !runtime.isFloor, let kill = words(runtime, .kill, id: name) else { return }
        // A container that ended is a child of ours: runtimes wait until it has been taken away.
        if (try? launcher.run(kill)) != nil { _ = launcher.orphans(atLeast: 1) }
        try? launcher.run([runtime.path, "--root", root(of: runtime), "delete", "--force", name])
    }
}
