// Mounts and their id mappings.

extension Validator {
    mutating func mounts(_ spec: Spec) {
        section = "config.md#mounts"
        if let mounts = spec.mounts, !mounts.isEmpty, spec.linux != nil, !namespaces.has(.mount) {
            member("mounts") {
                $0.should("change the mounts of the host, for linux.namespaces has no mount namespace; one is expected")
            }
        }
        let hasUserNamespace = namespaces.has(.user)
        elements("mounts", spec.mounts) { $0.mount($1, hasUserNamespace: hasUserNamespace) }
    }

    private mutating func mount(_ mount: Mount, hasUserNamespace: Bool) {
        member("destination") {
            $0.path(mount.destination)
            if mount.destination.isEmpty { return }
            if LexicalPath.isRoot(mount.destination) {
                $0.must("\($0.quoted(mount.destination)) is the root of the container; a path below it is allowed")
            } else if mount.destination.utf8.first != UInt8(ascii: "/") {
                $0.should("\($0.quoted(mount.destination)) is relative, which is deprecated; an absolute path is expected")
            }
        }
        let options = NotedOptions(mount.options ?? [])
        let isBind = options.bind || mount.type == "bind"
        if isBind, !options.bind {
            member("options") { $0.should("lack bind and rbind; only one of them makes a bind mount for every runtime") }
        }
        if isBind {
            member("source") {
                // A change of a mount that is there needs none.
                if (mount.source ?? "").isEmpty, !options.remount {
                    $0.must("is missing or empty; a bind mount needs a source")
                }
            }
        } else if (mount.type ?? "").isEmpty, !options.remount, options.propagations == 0 {
            member("type") { $0.must("is missing or empty; a type is required unless the options have bind or rbind") }
        }
        member("source", mount.source) { $0.longPath($1) }
        if options.propagations > 1 {
            member("options") { $0.should("change the propagation more than once; one such option is expected") }
        }
        linkOptions(options, isBind: isBind)
        mountMappings(mount, options, hasUserNamespace: hasUserNamespace)
    }

    private mutating func linkOptions(_ options: NotedOptions, isBind: Bool) {
        if options.copiesLink, options.keepsLink {
            member("options") { $0.must("have copy-symlink and src-nofollow or dest-nofollow; a link is copied or mounted") }
        } else if options.keepsLink || options.copiesLink, !isBind {
            member("options") { $0.should("say what to do with links, which has a meaning for bind mounts alone") }
        }
    }

    private mutating func mountMappings(_ mount: Mount, _ options: NotedOptions, hasUserNamespace: Bool) {
        let mapsUsers = !(mount.uidMappings ?? []).isEmpty
        let mapsGroups = !(mount.gidMappings ?? []).isEmpty
        let (asks, hasText) = (options.asksForMappings, options.hasMappings)
        if hasText, mapsUsers || mapsGroups {
            member("options") {
                $0.must("have id mappings, and uidMappings or gidMappings are there too; one of them is allowed")
            }
        }
        if mapsUsers != mapsGroups {
            member(mapsUsers ? "gidMappings" : "uidMappings") {
                $0.must("is missing or empty; uidMappings and gidMappings must be given together")
            }
        }
        if asks, !mapsUsers, !mapsGroups, !hasText, !hasUserNamespace {
            member("options") {
                $0.must(
                    "ask for an id mapping that nothing defines; uidMappings and gidMappings or a user namespace is required")
            }
        }
        if mapsUsers, mapsGroups, !asks, !hasText {
            member("options") { $0.should("lack idmap or ridmap, without which other runtimes ignore the mappings") }
        }
        idMappings("uidMappings", mount.uidMappings)
        idMappings("gidMappings", mount.gidMappings)
    }

    /// What the kernel refuses in a map of ids; see user_namespaces(7).
    mutating func idMappings(_ name: String, _ mappings: [IDMapping]?) {
        guard let mappings, !mappings.isEmpty else { return }
        if mappings.count > 340 {
            member(name) { $0.must("has \(mappings.count) entries; the kernel takes at most 340") }
        }
        elements(name, mappings) { validator, mapping in
            if mapping.size == 0 { validator.member("size") { $0.must("0 maps nothing; at least 1 is required") } }
            validator.member("containerID") { $0.idRange(mapping.containerID, mapping.size) }
            validator.member("hostID") { $0.idRange(mapping.hostID, mapping.size) }
        }
        overlap(name, mappings, { $0.containerID }, "containerID")
        overlap(name, mappings, { $0.hostID }, "hostID")
    }

    private mutating func idRange(_ first: UInt32, _ size: UInt32) {
        if UInt64(first) + UInt64(size) > UInt64(UInt32.max) {
            must("\(first) and a size of \(size) go beyond the last id; ids end at \(UInt32.max - 1)")
        }
    }

    private mutating func overlap(
        _ name: String, _ mappings: [IDMapping], _ side: (IDMapping) -> UInt32, _ sideName: String
    ) {
        if mappings.count < 2 { return }
        let sorted = mappings.enumerated().filter { $0.element.size > 0 }.sorted { side($0.element) < side($1.element) }
        for (one, other) in zip(sorted, sorted.dropFirst())
        where UInt64(side(one.element)) + UInt64(one.element.size) > UInt64(side(other.element)) {
            let (first, second) = one.offset < other.offset ? (one.offset, other.offset) : (other.offset, one.offset)
            member(name) {
                $0.element(second) {
                    $0.member(sideName) { $0.must("overlaps the ids of \(name)[\(first)]; each id is allowed once") }
                }
            }
        }
    }
}

/// What a rule asks about the options of one mount.
private struct NotedOptions {
    var bind = false
    var remount = false
    var propagations = 0
    var copiesLink = false
    var keepsLink = false
    /// An id mapping is asked for, which stands elsewhere.
    var asksForMappings = false
    /// An option is an id mapping itself.
    var hasMappings = false

    init(_ options: [String]) {
        for option in options {
            switch MountOptionTable.kind(of: option) {
            case .bind: bind = true
            case .remount: remount = true
            case .propagation: propagations += 1
            case .copyLink: copiesLink = true
            case .keepSourceLink, .keepDestinationLink: keepsLink = true
            case .idmap: asksForMappings = true
            case .idmapText: hasMappings = true
            case .defaults, .set, .clear, .setRecursively, .clearRecursively, .copyUp, .relabel, .prepareVolume, nil: break
            }
        }
    }
}
