internal import ByteText
internal import RuntimeSpec

/// Id mappings as crun has them in an option: `uids=0-1000-1#1-100000-65536;gids=0-1000-1`.
struct MappingText {
    private(set) var uid: [IDMapping] = []
    private(set) var gid: [IDMapping] = []

    /// - Parameter linux: where a range begins with `@`, its second number is an id of this container.
    init(_ text: String, relativeTo linux: Linux, at path: JSONPath) throws(PlanError) {
        let example = "idmap=uids=0-1000-1#1-100000-65536;gids=0-1000-1"
        for part in text.parts(at: ";") {
            guard let (name, ranges) = part.halves(at: "="), name == "uids" || name == "gids" else {
                throw PlanError("\"\(part)\" in an id mapping is neither uids nor gids", at: path, hint: "such as \(example)")
            }
            for range in ranges.parts(at: "#") {
                let isRelative = range.begins(with: "@")
                let numbers = (range.after("@") ?? range).parts(at: "-", keepsEmpty: true).map { UInt32($0) }
                guard numbers.count == 3, let first = numbers[0], var second = numbers[1], let size = numbers[2], size > 0 else {
                    throw PlanError("\"\(range)\" is no range of ids", at: path, hint: "such as \(example)")
                }
                if isRelative {
                    let container = (name == "uids" ? linux.uidMappings : linux.gidMappings) ?? []
                    guard let host = OwnerMappings.host(second, container) else {
                        throw PlanError("\(second) of \"\(range)\" is not mapped into the user namespace", at: path)
                    }
                    second = host
                }
                let mapping = IDMapping(containerID: first, hostID: second, size: size)
                if name == "uids" { uid.append(mapping) } else { gid.append(mapping) }
            }
        }
        // KERNEL: a mount without both is refused, with a word that does not say so.
        if uid.isEmpty || gid.isEmpty {
            throw PlanError("an id mapping needs uids and gids", at: path, hint: "such as \(example)")
        }
    }
}
