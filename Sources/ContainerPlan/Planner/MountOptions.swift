internal import ByteText
internal import CLinux
internal import RuntimeSpec

/// The options of one mount, sorted by what they do.
struct MountOptions {
    var flags = MountFlagSet()
    /// Flags that the last option about them takes away.
    private var cleared = MountFlagSet()
    var attributes = MountAttributes()
    /// Whether any flag of a mount is named, be it to set it or to take it away.
    private(set) var namesFlags = false
    /// Whether and how it is a bind mount.
    var bind: Bool?
    var isRemount = false
    var mappings: Bool?
    var copiesUp = false
    var copiesLink = false
    var followsSource = true
    var keepsDestinationLink = false
    /// Mappings written as an option.
    var mappingText: String?
    /// Options that ask for another SELinux label.
    var relabels: [String] = []
    /// Options that say whether a volume is filled.
    var fillsVolume: [String] = []
    var data: [String] = []

    init(_ options: [String]) {
        for option in options {
            guard let kind = MountOptionTable.kind(of: option) else {
                if !option.isEmpty { data += MountOptions.split(option) }
                continue
            }
            switch kind {
            case .defaults: break
            case .set(let flag): change(flag, to: true)
            case .clear(let flag): change(flag, to: false)
            case .setRecursively(let flag): changeRecursively(flag, to: true)
            case .clearRecursively(let flag): changeRecursively(flag, to: false)
            case .propagation(let kind, let recursive): attributes.propagation.append(.init(kind, recursive: recursive))
            // RUNC: flags only ever come together; "bind" after "rbind" is the same mount, said once more.
            case .bind(let recursive): bind = recursive || bind == true
            case .remount: isRemount = true
            case .idmap(let recursive): mappings = recursive
            case .copyUp: copiesUp = true
            case .copyLink: copiesLink = true
            case .keepSourceLink: followsSource = false
            case .keepDestinationLink: keepsDestinationLink = true
            case .idmapText(let text, let recursive): (mappings, mappingText) = (recursive, text)
            case .relabel: relabels.append(option)
            case .fillVolume: fillsVolume.append(option)
            }
        }
    }

    private static let accessTime = UInt64(MOUNT_ATTR__ATIME)

    private mutating func change(_ flag: MountFlag, to value: Bool) {
        namesFlags = true
        if value { flags.insert(flag) } else { flags.remove(flag) }
        if value { cleared.remove(flag) } else { cleared.insert(flag) }
        guard let attribute = flag.attribute else { return }
        MountOptions.apply(flag, attribute, value, set: &attributes.set, clear: &attributes.clear)
    }

    private mutating func changeRecursively(_ flag: MountFlag, to value: Bool) {
        guard let attribute = flag.attribute else { return }
        MountOptions.apply(flag, attribute, value, set: &attributes.recursiveSet, clear: &attributes.recursiveClear)
    }

    /// KERNEL: kinds of access time are one field; mount_setattr(2) wants the whole field cleared before one is set.
    private static func apply(_ flag: MountFlag, _ attribute: UInt64, _ value: Bool, set: inout UInt64, clear: inout UInt64) {
        if flag.isAccessTimeKind {
            clear |= accessTime
            set &= ~accessTime
            // "norelatime" and "nostrictatime" leave what is the default, "atime" too.
            if value { set |= attribute }
        } else if value {
            set |= attribute
            clear &= ~attribute
        } else {
            clear |= attribute
            set &= ~attribute
        }
    }

    /// The attributes for a mount that exists: mount_setattr(2) clears before it sets.
    var changes: MountAttributes {
        var changes = attributes
        changes.clear &= ~changes.set | MountOptions.accessTime
        return changes
    }

    /// The changes for a copy of a mount. RUNC: without a named flag it stays as its source is; with any, it has those that are
    /// named and no others, as mount(8) says of `bind`. Access times are one thing: named or as they were.
    ///
    /// - Parameter isLocked: whether the source keeps what nobody names. KERNEL(mount_namespaces(7)): a user namespace cannot
    ///   take away what the host gave, and the kernel refuses where that is named.
    func changesOfCopy(isLocked: Bool) -> MountAttributes {
        var changes = changes
        guard namesFlags else { return changes }
        // The one flag that no user namespace locks.
        changes.clear |= UInt64(MOUNT_ATTR_NOSYMFOLLOW)
        if !isLocked {
            changes.clear |= UInt64(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
            if flags.namesAccessTime {
                changes.clear |= MountOptions.accessTime | UInt64(MOUNT_ATTR_NODIRATIME)
            }
        }
        changes.clear &= ~changes.set | MountOptions.accessTime
        return changes
    }

    /// Options of the file system as fsconfig(2) names them.
    var fileSystemOptions: (required: [String], optional: [String]) {
        var required: [String] = []
        var optional: [String] = []
        for flag in MountFlag.allCases where flags.contains(flag) {
            switch flag.effect {
            case .both(_, let parameter, _), .parameter(let parameter, _): required.append(parameter)
            case .optionalParameter(let parameter): optional.append(parameter)
            case .attribute, .quietness: break
            }
        }
        return (required + data.map(Self.unquotedLabel), optional)
    }

    /// In the one string of mount(2) a SELinux label with commas stands in quotes, and callers write it so; as a value of its own
    /// (fsconfig(2)) the quotes would be part of it.
    private static func unquotedLabel(_ option: String) -> String {
        guard let (name, label) = option.halves(at: "="),
            ["context", "fscontext", "defcontext", "rootcontext"].contains(name)
        else { return option }
        return name + "=" + String(decoding: label.utf8.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }

    /// What a remount changes of the file system itself, as fsconfig(2) names it. What is not named stays.
    ///
    /// - Parameter isShared: whether others see the same file system; then only what is not for mounts concerns it.
    func reconfiguration(isShared: Bool) -> [String] {
        if isShared { return data }
        var options: [String] = []
        for flag in MountFlag.allCases {
            switch flag.effect {
            case .both(_, let parameter, let opposite):
                if flags.contains(flag) { options.append(parameter) }
                if cleared.contains(flag) { options.append(opposite) }
            case .parameter(let parameter, let opposite):
                if flags.contains(flag) { options.append(parameter) }
                if let opposite, cleared.contains(flag) { options.append(opposite) }
            case .optionalParameter, .attribute, .quietness: break
            }
        }
        return options + data
    }

    /// Several options may stand in one string; commas inside quotes or behind a backslash belong to the value.
    private static func split(_ option: String) -> [String] {
        guard option.utf8.contains(UInt8(ascii: ",")) else { return [option] }
        var parts: [String] = []
        var part: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in option.utf8 {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: ",") && !isQuoted && !isEscaped {
                if !part.isEmpty { parts.append(String(decoding: part, as: UTF8.self)) }
                part = []
            } else {
                part.append(byte)
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        if !part.isEmpty { parts.append(String(decoding: part, as: UTF8.self)) }
        return parts
    }
}

/// Flags as bits: options are read for every mount of every container, and a set of the standard library costs more than all else
/// that is done with them.
struct MountFlagSet: Equatable {
    private var bits: UInt32 = 0

    mutating func insert(_ flag: MountFlag) { bits |= flag.bit }

    mutating func remove(_ flag: MountFlag) { bits &= ~flag.bit }

    func contains(_ flag: MountFlag) -> Bool { bits & flag.bit != 0 }

    /// Whether a flag is there that says how access times are kept.
    var namesAccessTime: Bool {
        contains(.noAccessTime) || contains(.relativeAccessTime) || contains(.strictAccessTime)
            || contains(.noDirectoryAccessTime)
    }
}

extension MountFlag {
    fileprivate var bit: UInt32 {
        switch self {
        case .readOnly: 1
        case .noSetUserID: 1 << 1
        case .noDevices: 1 << 2
        case .noExecute: 1 << 3
        case .noSymlinkFollow: 1 << 4
        case .noAccessTime: 1 << 5
        case .noDirectoryAccessTime: 1 << 6
        case .relativeAccessTime: 1 << 7
        case .strictAccessTime: 1 << 8
        case .synchronous: 1 << 9
        case .directorySynchronous: 1 << 10
        case .mandatoryLocks: 1 << 11
        case .silent: 1 << 12
        case .inodeVersion: 1 << 13
        case .lazyTime: 1 << 14
        }
    }
}
