internal import RuntimeSpec

/// Which mounts of the container's list masked and read-only paths lie on.
struct HiddenPlaces {
    /// A masked or read-only path.
    struct Path {
        /// As the configuration has it.
        let given: ContainerPath
        /// Whether one before it in the list is the same.
        fileprivate(set) var isRepeated = false
        /// The same without what means nothing.
        fileprivate let bytes: [UInt8]
        fileprivate let owner: Owner?
    }

    /// Those of `linux.maskedPaths` and `linux.readonlyPaths`.
    private(set) var masked: [Path] = []
    private(set) var readOnly: [Path] = []
    /// Of the entries that paths lie on, by index: where each stays open.
    private var slots: [Slot?]
    /// The entry that a path lies on, and how many bytes of the path lead there.
    fileprivate struct Owner {
        let index: Int
        let length: Int
    }

    /// The entries by where they lie, sorted by length and bytes; of those at one place the last in the list is the last here.
    private let entries: [(place: [UInt8], index: Int)]
    /// Whether a path lies on it, for each entry.
    private var isNeeded: [Bool]
    private let hasHooks: Bool

    init(_ spec: ValidatedSpec) {
        hasHooks = [HookKind.prestart, .createRuntime, .createContainer].contains { !spec.hooks($0).isEmpty }
        let mounts = spec.mounts
        isNeeded = [Bool](repeating: false, count: mounts.count)
        slots = [Slot?](repeating: nil, count: mounts.count)
        var entries: [(place: [UInt8], index: Int)] = []
        for (index, mount) in mounts.enumerated() where !Remounts.isRemount(mount) {
            entries.append((Array(ContainerPath(cleaning: mount.destination).text.utf8), index))
        }
        entries.sort {
            let order = Self.compare($0.place, $0.place.count, $1.place)
            return order < 0 || (order == 0 && $0.index < $1.index)
        }
        self.entries = entries
        masked = paths(spec.document.linux?.maskedPaths ?? [])
        readOnly = paths(spec.document.linux?.readonlyPaths ?? [])
        for path in masked { if let owner = path.owner { isNeeded[owner.index] = true } }
        for path in readOnly { if let owner = path.owner { isNeeded[owner.index] = true } }
    }

    private func paths(_ texts: [String]) -> [Path] {
        var paths = texts.map { path($0) }
        let places = paths.map { $0.bytes }
        let order = places.indices.sorted {
            let order = Self.compare(places[$0], places[$0].count, places[$1])
            return order < 0 || (order == 0 && $0 < $1)
        }
        // Bytes: two paths may be equal as texts of Unicode, and two directories nevertheless.
        for (one, other) in zip(order, order.dropFirst()) where places[one] == places[other] { paths[other].isRepeated = true }
        return paths
    }

    private func path(_ text: String) -> Path {
        let bytes = Array(ContainerPath(cleaning: text).text.utf8)
        return Path(given: ContainerPath(text), bytes: bytes, owner: owner(of: bytes))
    }

    private func owner(of cleaned: [UInt8]) -> Owner? {
        if Self.hasDots(cleaned) { return nil }
        return unsafe cleaned.withUnsafeBufferPointer { bytes in
            var owner: Owner?
            for end in 1...bytes.count where unsafe end == bytes.count || bytes[end] == UInt8(ascii: "/") {
                // One above covers those below, if it comes later.
                guard let index = entry(at: cleaned, end), index >= owner?.index ?? 0 else { continue }
                owner = Owner(index: index, length: end)
            }
            return owner
        }
    }

    /// The entry that lies at the place of the first bytes in the end: the last covers those before.
    private func entry(at place: [UInt8], _ length: Int) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.compare(place, length, entries[middle].place) < 0 { high = middle } else { low = middle + 1 }
        }
        return low > 0 && Self.compare(place, length, entries[low - 1].place) == 0 ? entries[low - 1].index : nil
    }

    /// Whether the first bytes of a place come before another place, are it, or come after it: below 0, 0, above 0.
    private static func compare(_ place: [UInt8], _ length: Int, _ other: [UInt8]) -> Int {
        if length != other.count { return length - other.count }
        for index in 0..<length where place[index] != other[index] { return Int(place[index]) - Int(other[index]) }
        return 0
    }

    /// Whether the entry is one on which a path lies that will be hidden.
    func contains(_ index: Int) -> Bool { isNeeded[index] }

    mutating func keep(_ index: Int, in slot: Slot) { slots[index] = slot }

    /// How the path is found.
    func place(of path: Path) -> HiddenPath {
        var hidden = HiddenPath(path.given)
        guard let owner = path.owner, let slot = slots[owner.index] else { return hidden }
        hidden.mount = slot
        hidden.inside = String(decoding: path.bytes[owner.length...].drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
        hidden.isLookedForAgain = hasHooks
        return hidden
    }

    /// What `..` leads to only the kernel knows.
    private static func hasDots(_ cleaned: [UInt8]) -> Bool {
        let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
        for index in cleaned.indices.dropLast(2) where cleaned[index] == slash && cleaned[index + 1] == dot {
            if cleaned[index + 2] == dot, index + 3 == cleaned.count || cleaned[index + 3] == slash { return true }
        }
        return false
    }
}
