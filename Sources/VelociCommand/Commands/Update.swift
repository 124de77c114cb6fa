internal import RuntimeSpec
internal import Veloci

extension Flag {
    static let resources = Flag(
        "resources", "r", .text, "read the limits from this file, an object like linux.resources; - is standard input")
    static let l3CacheSchema = Flag("l3-cache-schema", .text, "the schema of the level 3 cache, for resctrl")
    static let memoryBandwidthSchema = Flag("mem-bw-schema", .text, "the schema of the memory bandwidth, for resctrl")
    /// The kernel has dropped what these two set.
    static let kernelMemory = Flag("kernel-memory", .text, "")
    static let kernelMemoryTCP = Flag("kernel-memory-tcp", .text, "")
}

extension Subcommand {
    static let update = Subcommand(
        name: "update", summary: "change the limits of a container",
        arguments: containerID,
        explanation: """
            Changes the limits that are named and leaves the others as they are. With --resources, all other options but
            those for resctrl have no effect.
            """,
        flags: [Flag.resources] + ResourceFlags.flags + [.l3CacheSchema, .memoryBandwidthSchema, .kernelMemory, .kernelMemoryTCP],
        arity: .exactly(1), run: UpdateCommand.run)
}

/// `update`: other limits for a container that exists.
enum UpdateCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let flags = invocation.flags
        let change = try resources(flags)
        var cache: IntelRdt? = IntelRdt()
        cache?.l3CacheSchema = flags.textUnlessEmpty(.l3CacheSchema)
        cache?.memBwSchema = flags.textUnlessEmpty(.memoryBandwidthSchema)
        if cache == IntelRdt() { cache = nil }
        for flag in [Flag.kernelMemory, .kernelMemoryTCP] where flags.isSet(flag) {
            invocation.log.warning("--\(flag.name) has no effect: the kernel no longer limits its own memory alone")
        }
        try invocation.calling { (runtime) throws(Failure) in try runtime.update(id, change, cacheControl: cache) }
        return 0
    }

    /// Those of the file, or of the other flags. `-` is standard input.
    private static func resources(_ flags: FlagValues) throws(CommandFailure) -> Resources {
        guard let file = flags.textUnlessEmpty(.resources) else { return try ResourceFlags.resources(flags) }
        // Opened again and not taken over, so that nobody closes the standard input.
        return try DocumentFile.read(file, opening: file == "-" ? "/proc/self/fd/0" : file, "an object like linux.resources")
    }
}
