internal import ByteText
internal import RuntimeSpec

/// Which mounts of the container's list masked and read-only paths lie on.
struct HiddenPlaces {
    /// Of the entries that paths lie on, by index: where each stays open.
    private(set) var slots: [Int: Slot] = [:]
    /// The entry that a path lies on, and how many bytes of the path lead there.
    private struct Owner {
        let index: Int
        let length: Int
    }

    private var owners: [[UInt8]: Owner] = [:]
    private var indices: Set<Int> = []
    private let hasHooks: Bool

    init(_ spec: Spec) {
        hasHooks = [HookKind.prestart, .createRuntime, .createContainer].contains { !(spec.hooks?.hooks($0) ?? []).isEmpty }
        // The last that lies at a place covers those before.
        var last: [[UInt8]: Int] = [:]
        for (index, mount) in (spec.mounts ?? []).enumerated() where !MountOptions(mount.options ?? []).isRemount {
            last[Array(CreatePlanner.cleaned(mount.destination).utf8)] = index
        }
        for path in (spec.linux?.maskedPaths ?? []) + (spec.linux?.readonlyPaths ?? []) where !Self.hasDots(path) {
            let cleaned = Array(CreatePlanner.cleaned(path).utf8)
            if owners[cleaned] != nil { continue }
            // And one above covers those below, if it comes later.
            for end in 1...cleaned.count where end == cleaned.count || cleaned[end] == UInt8(ascii: "/") {
                guard let index = last[Array(cleaned[..<end])], index >= owners[cleaned]?.index ?? 0 else { continue }
                owners[cleaned] = Owner(index: index, length: end)
            }
            if let owner = owners[cleaned] { indices.insert(owner.index) }
        }
    }

    /// Whether the entry is one on which a path lies that will be hidden.
    func contains(_ index: Int) -> Bool { indices.contains(index) }

    mutating func keep(_ index: Int, in slot: Slot) { slots[index] = slot }

    /// How the path is found.
    func place(of path: String) -> HiddenPath {
        var hidden = HiddenPath(path)
        let cleaned = Array(CreatePlanner.cleaned(path).utf8)
        guard let owner = owners[cleaned], let slot = slots[owner.index] else { return hidden }
        hidden.mount = slot
        hidden.inside = String(decoding: cleaned[owner.length...].drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
        hidden.isLookedForAgain = hasHooks
        return hidden
    }

    /// What `..` leads to only the kernel knows.
    private static func hasDots(_ path: String) -> Bool { path.parts(at: "/").contains { $0 == ".." } }
}
