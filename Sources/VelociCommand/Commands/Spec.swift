internal import CLibrary
internal import LinuxKernel
internal import RuntimeSpec

extension Flag {
    static let forRootless = Flag("rootless", .bool, "write a configuration for a container without root's privileges")
}

extension Subcommand {
    static let spec = Subcommand(
        name: "spec", summary: "write a config.json to start from",
        explanation: """
            Writes config.json into the bundle directory: a container that runs "sh" from the directory rootfs beside it.
            An existing config.json is left alone, and is an error.
            """,
        flags: [.bundle, .forRootless],
        arity: .exactly(0)
    ) { invocation throws(CommandFailure) in
        let bundle = invocation.flags.text(.bundle)
        let path = bundle.isEmpty ? "config.json" : bundle + "/config.json"
        let isUnified = (try? FileSystems.magic(of: "/sys/fs/cgroup")) == FileSystems.cgroup2
        let spec =
            invocation.flags.bool(.forRootless)
            ? DefaultConfiguration.rootless(userID: geteuid(), groupID: getegid(), hasControlGroupNamespace: isUnified)
            : DefaultConfiguration.spec(hasControlGroupNamespace: isUnified)
        do throws(KernelError) {
            // O_EXCL: between looking and writing somebody else could write.
            let file = try Files.open(path, flags: [.writeOnly, .create, .exclusive], mode: 0o666)
            try Files.write(spec.encoded(JSONLayout(indent: 2, endsWithNewline: true)), to: file, name: path)
        } catch {
            if error.errno == .exists { throw CommandFailure("File \(path) exists. Remove it first") }
            throw CommandFailure("open \(path): \(error.errno)")
        }
        return 0
    }
}
