internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

/// `update`: other limits for a container that exists.
enum UpdateCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let flags = invocation.flags
        let file = flags.text("resources")
        let change = file.isEmpty ? try ResourceFlags.resources(flags) : try read(file)
        var cache: IntelRdt? = IntelRdt()
        cache?.l3CacheSchema = Lifecycle.text("l3-cache-schema", flags)
        cache?.memBwSchema = Lifecycle.text("mem-bw-schema", flags)
        if cache == IntelRdt() { cache = nil }
        for name in ["kernel-memory", "kernel-memory-tcp"] where flags.isSet(name) {
            invocation.log.warning("--\(name) has no effect: the kernel no longer limits its own memory alone")
        }
        try Lifecycle.calling { () throws(Failure) in
            try Lifecycle.runtime(invocation).update(id, change, cacheControl: cache)
        }
        return 0
    }

    /// Reads an object like `linux.resources` from a file; `-` is standard input.
    static func read(_ path: String) throws(CommandFailure) -> Resources {
        let bytes: [UInt8]
        do throws(KernelError) {
            // Opened again and not taken over, so that nobody closes the standard input.
            bytes = try Files.read(path == "-" ? "/proc/self/fd/0" : path)
        } catch {
            throw CommandFailure("open \(path): \(error.errno)")
        }
        do throws(DecodingFailure) {
            return try Resources.decode(bytes)
        } catch {
            throw CommandFailure("\(path): " + (error.diagnostics.first?.description ?? "not an object like linux.resources"))
        }
    }
}
