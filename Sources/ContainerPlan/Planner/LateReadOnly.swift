internal import CLinux
internal import RuntimeSpec

/// A mount that becomes read-only when everything inside of it is made.
struct LateReadOnly {
    let mount: Slot
    let path: ContainerPath
    let origin: JSONPath
}

extension CreatePlanner {
    /// RUNC: a new tmpfs begins empty, and devices are made in /dev, so that places for later mounts, devices and the terminal
    /// could not be made any more if they were read-only from the start. What is bound from elsewhere is complete.
    ///
    /// - Parameter index: of the mount in the list. One that a later entry makes writable again is as the list says.
    func isFilledLater(_ destination: ContainerPath, _ type: String, _ index: Int) -> Bool {
        guard type == "tmpfs" || destination == "/dev" else { return false }
        return (remounts.writable[destination.text] ?? -1) <= index
    }

    /// Where an entry stays open when it is mounted, if something on it will be hidden, or writing to it has an end.
    func keptSlot(_ index: Int, isLate: Bool) -> Slot? {
        let isHiding = hiddenPlaces.contains(index)
        guard isHiding || isLate || isProtectedByRemount(index) else { return nil }
        let slot = builder.slot()
        if isHiding { hiddenPlaces.keep(index, in: slot) }
        keptMounts[index] = slot
        return slot
    }

    /// Whether a later entry takes writing away in the end.
    private func isProtectedByRemount(_ index: Int) -> Bool {
        guard let remount = remounts.protecting[index] else { return false }
        let mount = spec.mounts[index]
        return isFilledLater(ContainerPath(cleaning: mount.destination), mount.type ?? "", remount)
    }

    /// Notes that an entry becomes read-only, wherever in the root it lies by then. What the kernel gave no descriptor of, and
    /// what no entry mounted, is opened where it is now.
    func planLateReadOnly(_ index: Int?, _ destination: ContainerPath, _ origin: JSONPath, _ root: Slot) {
        let kept = index.flatMap { keptMounts[$0] }
        if let kept, lateReadOnly.contains(where: { $0.mount == kept }) { return }
        let mount = kept ?? builder.slot()
        if kept == nil { builder.add(.openMount(path: destination, root: root, into: mount), for: origin) }
        lateReadOnly.append(LateReadOnly(mount: mount, path: destination, origin: origin))
    }

    /// The last that is made inside the root, and the end of writing where that was asked for.
    func planLastWrites(root: Slot) {
        // RUNC: made for the container's own program, as image builders expect; a mistyped `exec --cwd` is an error. The root
        // may become read-only next.
        if ContainerPath(cleaning: process.document.cwd) != "/" {
            builder.add(.makeWorkingDirectory(ContainerPath(process.document.cwd), root: root), for: .of("process", "cwd"))
        }
        planReadOnlyMounts()
    }

    /// The end of writing to mounts.
    func planReadOnlyMounts() {
        for late in lateReadOnly { builder.add(.makeMountReadOnly(late.mount, path: late.path), for: late.origin) }
    }
}

/// What entries of the list of mounts change of what earlier ones mounted.
struct Remounts {
    /// By destination, the last entry that makes what is mounted there writable.
    private(set) var writable: [String: Int] = [:]
    /// The last remount of each entry that makes it read-only.
    private(set) var protecting: [Int: Int] = [:]
    /// Which entry each remount changes; of others nobody in the list is the origin.
    private(set) var origins: [Int: Int] = [:]

    init(_ mounts: [Mount]) {
        guard mounts.contains(where: Self.isRemount) else { return }
        var present: [String: Int] = [:]
        for (index, mount) in mounts.enumerated() {
            let destination = ContainerPath(cleaning: mount.destination).text
            guard Self.isRemount(mount) else {
                present[destination] = index
                continue
            }
            let isReadOnly = MountOptions(mount.options ?? []).flags.contains(.readOnly)
            if !isReadOnly { writable[destination] = index }
            guard let changed = present[destination] else { continue }
            origins[index] = changed
            if isReadOnly { protecting[changed] = index }
        }
    }

    static func isRemount(_ mount: Mount) -> Bool { mount.options?.contains("remount") == true }
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
