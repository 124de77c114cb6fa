internal import CLinux

/// Files below a root that may be hostile: no path leads out of it, no magic link is followed (openat2(2)).
public enum RootedFiles {
    /// openat2(2) with RESOLVE_IN_ROOT: no link leads out of `root`.
    public static func open(
        _ path: String, in root: borrowing Descriptor, flags: OpenFlags, mode: UInt32 = 0
    ) throws(KernelError) -> Descriptor {
        var how = open_how()
        how.flags = flags.argument
        how.mode = UInt64(mode)
        how.resolve = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
        let number = root.number
        var tries = 0
        while true {
            do throws(KernelError) {
                let opened = try Files.withPath(path) { (pointer) throws(KernelError) in
                    try unsafe withUnsafePointer(to: &how) { (how) throws(KernelError) in
                        try unsafe systemCall(
                            __NR_openat2, "openat2", on: path, UInt64(descriptor: number), pointer, UInt64(address: how),
                            UInt64(MemoryLayout<open_how>.size))
                    }
                }
                return Descriptor(owning: Int32(opened))
            } catch {
                // Something on the way was renamed meanwhile; whoever does that for ever does not stop us for ever.
                tries += 1
                if error.errno != .again || tries == 128 { throw error }
            }
        }
    }
}
