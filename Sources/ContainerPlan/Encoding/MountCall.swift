internal import CLinux

// A file system as mount(2) wants it: flags in one word, everything else in one string.

extension FileSystemMount {
    /// Options that are flags, with their bits.
    private static let flagNames: [(name: String, bit: UInt64)] = [
        ("ro", UInt64(MS_RDONLY)), ("sync", UInt64(MS_SYNCHRONOUS)), ("dirsync", UInt64(MS_DIRSYNC)),
        ("lazytime", UInt64(MS_LAZYTIME)), ("mand", UInt64(MS_MANDLOCK)), ("iversion", UInt64(MS_I_VERSION)),
    ]

    private static func flag(_ option: String) -> UInt64? { flagNames.first { $0.name == option }?.bit }

    /// Whether an option is too long for fsconfig(2).
    var hasLongOptions: Bool {
        options.contains { option in
            option.utf8.count > 255
                && (option.utf8.firstIndex(of: UInt8(ascii: "=")).map { option.utf8[$0...].count - 1 } ?? 0) > 255
        }
    }

    /// The flags of mount(2).
    var flagsOfMountCall: UInt64 {
        let attributes: [(attribute: UInt64, bit: UInt64)] = [
            (UInt64(MOUNT_ATTR_RDONLY), UInt64(MS_RDONLY)), (UInt64(MOUNT_ATTR_NOSUID), UInt64(MS_NOSUID)),
            (UInt64(MOUNT_ATTR_NODEV), UInt64(MS_NODEV)), (UInt64(MOUNT_ATTR_NOEXEC), UInt64(MS_NOEXEC)),
            (UInt64(MOUNT_ATTR_NOATIME), UInt64(MS_NOATIME)), (UInt64(MOUNT_ATTR_STRICTATIME), UInt64(MS_STRICTATIME)),
            (UInt64(MOUNT_ATTR_NODIRATIME), UInt64(MS_NODIRATIME)), (UInt64(MOUNT_ATTR_NOSYMFOLLOW), UInt64(MS_NOSYMFOLLOW)),
        ]
        let ofMount = attributes.reduce(UInt64(0)) { self.attributes.set & $1.attribute == 0 ? $0 : $0 | $1.bit }
        return (options + optionalOptions).reduce(ofMount) { $0 | (Self.flag($1) ?? 0) }
    }

    /// The string of mount(2), in which a SELinux label with commas stands in quotes.
    var dataOfMountCall: String {
        options.filter { Self.flag($0) == nil }.map { option in
            guard let equals = option.utf8.firstIndex(of: UInt8(ascii: "=")), option.utf8.contains(UInt8(ascii: ",")),
                option.utf8[..<equals].reversed().starts(with: "txetnoc".utf8)
            else { return option }
            let value = option.utf8[option.utf8.index(after: equals)...]
            return String(decoding: Array(option.utf8[...equals]) + [0x22] + Array(value) + [0x22], as: UTF8.self)
        }.joined(separator: ",")
    }
}
