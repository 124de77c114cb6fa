internal import CLinux
internal import RuntimeSpec

/// A mount that becomes read-only when everything inside of it is made.
struct LateReadOnly {
    let mount: Slot
    let path: String
    let origin: JSONPath
}

extension CreatePlanner {
    /// RUNC: a new tmpfs begins empty, and devices are made in /dev, so that places for later mounts, devices and the terminal
    /// could not be made any more if they were read-only from the start. What is bound from elsewhere is complete.
    ///
    /// - Parameter index: of the mount in the list. One that a later entry makes writable again is as the list says.
    func isFilledLater(_ destination: String, _ type: String, _ index: Int) -> Bool {
        guard type == "tmpfs" || destination == "/dev" else { return false }
        return (writableAgain[destination] ?? -1) <= index
    }

    /// By destination, the last entry of the list that makes what is mounted there writable.
    static func remountsThatWrite(_ spec: Spec) -> [String: Int] {
        var last: [String: Int] = [:]
        for (index, mount) in (spec.mounts ?? []).enumerated() {
            let options = MountOptions(mount.options ?? [])
            if options.isRemount, !options.flags.contains(.readOnly) { last[cleaned(mount.destination)] = index }
        }
        return last
    }

    /// Holds the mount that is on top at its path now, whatever is mounted there later.
    mutating func planLateReadOnly(_ destination: String, _ origin: JSONPath, _ root: Slot) {
        let mount = builder.slot()
        builder.add(.openMount(path: destination, root: root, into: mount), for: origin)
        lateReadOnly.append(LateReadOnly(mount: mount, path: destination, origin: origin))
    }

    /// The last that is made inside the root, and the end of writing where that was asked for.
    mutating func planLastWrites(root: Slot) {
        // RUNC: made for the container's own program, as image builders expect; a mistyped `exec --cwd` is an error. The root
        // may become read-only next.
        if !process.cwd.isEmpty && cleaned(process.cwd) != "/" {
            builder.add(.makeWorkingDirectory(process.cwd, root: root), for: .of("process", "cwd"))
        }
        planReadOnlyMounts()
    }

    /// The end of writing to mounts.
    mutating func planReadOnlyMounts() {
        for late in lateReadOnly { builder.add(.makeMountReadOnly(late.mount, path: late.path), for: late.origin) }
    }
}

extension MountAttributes {
    /// What a new mount has, for a mount that exists. KERNEL: kinds of access time are one field, which is cleared before it is
    /// set.
    var forCopy: MountAttributes {
        var attributes = self
        attributes.clear = attributes.set & UInt64(MOUNT_ATTR__ATIME) == 0 ? 0 : UInt64(MOUNT_ATTR__ATIME)
        return attributes
    }

    /// Takes "read-only" out of what is set, for a mount that gets it later. What a bind sets on all mounts below stays.
    ///
    /// - Returns: whether it was there.
    mutating func takeReadOnly() -> Bool {
        let attribute = UInt64(MOUNT_ATTR_RDONLY)
        defer { set &= ~attribute }
        return set & attribute != 0
    }
}
