internal import ByteText

/// How a change of mount propagation is named.
public enum MountPropagation: String, CaseIterable, Sendable {
    /// `MS_PRIVATE`: mounts of others do not come here, nor ours to them.
    case `private`
    /// `MS_SHARED`: mounts come here and go to the others.
    case shared
    /// `MS_SLAVE`: mounts of others come here.
    case slave
    /// `MS_UNBINDABLE`: private, and not to be bound.
    case unbindable
}

/// A flag that a mount option sets or clears. Which kernel constant it is depends on the call that sets it.
public enum MountFlag: String, CaseIterable, Sendable {
    /// `MS_RDONLY`.
    case readOnly
    /// `MS_NOSUID`.
    case noSetUserID
    /// `MS_NODEV`.
    case noDevices
    /// `MS_NOEXEC`.
    case noExecute
    /// `MS_NOSYMFOLLOW`.
    case noSymlinkFollow
    /// `MS_NOATIME`.
    case noAccessTime
    /// `MS_NODIRATIME`.
    case noDirectoryAccessTime
    /// `MS_RELATIME`.
    case relativeAccessTime
    /// `MS_STRICTATIME`.
    case strictAccessTime
    /// `MS_SYNCHRONOUS`.
    case synchronous
    /// `MS_DIRSYNC`.
    case directorySynchronous
    /// `MS_MANDLOCK`.
    case mandatoryLocks
    /// `MS_SILENT`.
    case silent
    /// `MS_I_VERSION`.
    case inodeVersion
    /// `MS_LAZYTIME`.
    case lazyTime
}

/// What a mount option asks for.
public enum MountOptionKind: Equatable, Sendable {
    /// `defaults`: nothing.
    case defaults
    /// Sets a flag of the mount or of its filesystem.
    case set(MountFlag)
    /// Clears a flag of the mount or of its filesystem.
    case clear(MountFlag)
    /// Sets a flag of the mount and of all mounts below it, by mount_setattr(2).
    case setRecursively(MountFlag)
    /// Clears a flag of the mount and of all mounts below it, by mount_setattr(2).
    case clearRecursively(MountFlag)
    /// Changes propagation, on all mounts below too if recursive.
    case propagation(MountPropagation, recursive: Bool)
    /// A bind mount, with all mounts below if recursive.
    case bind(recursive: Bool)
    /// A change of a mount that exists.
    case remount
    /// A mount with id mappings, on all mounts below too if recursive.
    case idmap(recursive: Bool)
    /// A tmpfs that begins with a copy of what it covers.
    case copyUp
    /// A bind mount whose source is a symbolic link is the same link, made at the destination.
    case copyLink
    /// A symbolic link at the end of a bind mount's source is the source itself.
    case keepSourceLink
    /// A symbolic link at the end of a bind mount's destination is the destination itself.
    case keepDestinationLink
    /// A mount with these id mappings, as crun writes them: `uids=0-1000-1;gids=0-1000-1`.
    case idmapText(String, recursive: Bool)
    /// A new SELinux label for the source of a bind mount, shared or the container's own: engines set it themselves.
    case relabel
    /// Whether a new volume begins with a copy of what it covers, or its files become the user's: engines see to it themselves.
    case prepareVolume
}

/// All mount options that a runtime acts on itself. Others are data for the filesystem.
public enum MountOptionTable {
    /// Names and what they ask for, in alphabetical order.
    public static let options: [(name: String, kind: MountOptionKind)] = [
        ("async", .clear(.synchronous)),
        ("atime", .clear(.noAccessTime)),
        ("bind", .bind(recursive: false)),
        ("copy-symlink", .copyLink),
        ("defaults", .defaults),
        ("dest-nofollow", .keepDestinationLink),
        ("dev", .clear(.noDevices)),
        ("diratime", .clear(.noDirectoryAccessTime)),
        ("dirsync", .set(.directorySynchronous)),
        ("exec", .clear(.noExecute)),
        ("idmap", .idmap(recursive: false)),
        ("iversion", .set(.inodeVersion)),
        ("lazytime", .set(.lazyTime)),
        ("loud", .clear(.silent)),
        ("mand", .set(.mandatoryLocks)),
        ("noatime", .set(.noAccessTime)),
        ("nodev", .set(.noDevices)),
        ("nodiratime", .set(.noDirectoryAccessTime)),
        ("noexec", .set(.noExecute)),
        ("noiversion", .clear(.inodeVersion)),
        ("nolazytime", .clear(.lazyTime)),
        ("nomand", .clear(.mandatoryLocks)),
        ("norelatime", .clear(.relativeAccessTime)),
        ("nostrictatime", .clear(.strictAccessTime)),
        ("nosuid", .set(.noSetUserID)),
        ("nosymfollow", .set(.noSymlinkFollow)),
        ("private", .propagation(.private, recursive: false)),
        ("ratime", .clearRecursively(.noAccessTime)),
        ("rbind", .bind(recursive: true)),
        ("rdev", .clearRecursively(.noDevices)),
        ("rdiratime", .clearRecursively(.noDirectoryAccessTime)),
        ("relatime", .set(.relativeAccessTime)),
        ("remount", .remount),
        ("rexec", .clearRecursively(.noExecute)),
        ("ridmap", .idmap(recursive: true)),
        ("rnoatime", .setRecursively(.noAccessTime)),
        ("rnodev", .setRecursively(.noDevices)),
        ("rnodiratime", .setRecursively(.noDirectoryAccessTime)),
        ("rnoexec", .setRecursively(.noExecute)),
        ("rnorelatime", .clearRecursively(.relativeAccessTime)),
        ("rnostrictatime", .clearRecursively(.strictAccessTime)),
        ("rnosuid", .setRecursively(.noSetUserID)),
        ("rnosymfollow", .setRecursively(.noSymlinkFollow)),
        ("ro", .set(.readOnly)),
        ("rprivate", .propagation(.private, recursive: true)),
        ("rrelatime", .setRecursively(.relativeAccessTime)),
        ("rro", .setRecursively(.readOnly)),
        ("rrw", .clearRecursively(.readOnly)),
        ("rshared", .propagation(.shared, recursive: true)),
        ("rslave", .propagation(.slave, recursive: true)),
        ("rstrictatime", .setRecursively(.strictAccessTime)),
        ("rsuid", .clearRecursively(.noSetUserID)),
        ("rsymfollow", .clearRecursively(.noSymlinkFollow)),
        ("runbindable", .propagation(.unbindable, recursive: true)),
        ("rw", .clear(.readOnly)),
        ("shared", .propagation(.shared, recursive: false)),
        ("silent", .set(.silent)),
        ("slave", .propagation(.slave, recursive: false)),
        ("src-nofollow", .keepSourceLink),
        ("strictatime", .set(.strictAccessTime)),
        ("suid", .clear(.noSetUserID)),
        ("symfollow", .clear(.noSymlinkFollow)),
        ("sync", .set(.synchronous)),
        ("tmpcopyup", .copyUp),
        ("unbindable", .propagation(.unbindable, recursive: false)),
    ]

    /// What an option asks for. Nil if it is data for the filesystem.
    public static func kind(of option: String) -> MountOptionKind? {
        if let place = place(of: option) { return options[place].kind }
        if let text = option.after("idmap=") { return .idmapText(text, recursive: false) }
        if let text = option.after("ridmap=") { return .idmapText(text, recursive: true) }
        if option == "z" || option == "Z" { return .relabel }
        return option == "copy" || option == "nocopy" || option == "U" ? .prepareVolume : nil
    }

    private static func place(of option: String) -> Int? {
        let (keys, wanted) = (keys, key(option))
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        while low < keys.count, keys[low] == wanted {
            if options[low].name == option { return low }
            low += 1
        }
        return nil
    }

    /// Numbers for the names, in the same order: they are compared in one step, and tell nearly all names apart.
    private static let keys = options.indices.map { key(options[$0].name) }

    /// The first eight bytes of a name.
    private static func key(_ name: String) -> UInt64 {
        var name = name
        return name.withUTF8 { bytes in
            if bytes.count >= 8 { return unsafe UInt64(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: UInt64.self)) }
            var key: UInt64 = 0
            for unsafe byte in unsafe bytes { key = key << 8 | UInt64(byte) }
            return key << UInt64(8 * (8 - bytes.count))
        }
    }
}

/// The propagation of the root mount: `shared`, `slave`, `private` or `unbindable`, each also with an `r` before it.
public struct RootfsPropagation: Equatable, Sendable {
    /// What it is changed to.
    public let propagation: MountPropagation
    /// Whether all mounts below follow.
    public let recursive: Bool

    /// Reads the specification's spelling. Nil if it is not one of the eight.
    public init?(_ text: String) {
        guard case .propagation(let propagation, let recursive)? = MountOptionTable.kind(of: text) else { return nil }
        self.propagation = propagation
        self.recursive = recursive
    }
}
