internal import ByteText
public import RuntimeSpec

extension CreatePlanner {
    var rootPath: HostPath { HostPath(spec.root.path, from: request.bundle) }

    /// What hooks of the container's namespaces and those that look for the root expect: it is mounted at its own path.
    private var hooksSeeTheRoot: Bool {
        [HookKind.prestart, .createRuntime, .createContainer].contains { !spec.hooks($0).isEmpty }
    }

    private var coversOldRoot: Bool { !hooksSeeTheRoot && namespaces.isNew(.mount) }

    /// The propagation that separates the container's mounts from the host's.
    var separation: MountPropagation {
        switch linux.rootPropagation?.propagation {
        case .private, .unbindable: .private
        default: .slave
        }
    }

    /// Builds the tree of mounts on the root, through a descriptor of it; nothing is looked up by a path of the container.
    func planMountedRoot() throws(PlanError) -> Slot {
        let path = JSONPath.of("root", "path")
        let root = builder.slot()
        var attributes = MountAttributes(propagation: [.init(separation, recursive: true)])
        // Only a slave receives what the host mounts below the root later. SPEC(config-linux.md#rootfs-mount-propagation): a
        // shared root belongs to a new group of peers.
        switch linux.rootPropagation?.propagation {
        case nil, .shared: attributes.propagation.append(.init(.private, recursive: false))
        case .slave, .private, .unbindable: break
        }
        if facts.isPrivileged {
            builder.prepare(.openRoot(path: rootPath, attributes: attributes, into: root), for: path)
        }
        if hasMountNamespace { planAttachment(of: root, attributes) }
        try planMounts(root: root)
        planDevices(root: root)
        planHooksBeforeEntry()
        return root
    }

    private func planAttachment(of root: Slot, _ attributes: MountAttributes) {
        let path = JSONPath.of("root", "path")
        builder.add(.changePropagation(separation, recursive: true), for: JSONPath.of("linux", "rootfsPropagation"))
        if !facts.isPrivileged {
            builder.add(.openTree(path: rootPath, recursive: true, attributes: attributes, into: root), for: path)
        }
        // On "/" no directory of the host has to be searched, which a user namespace may not be allowed. Whoever is in the
        // namespace already must not find the container there.
        builder.add(.attachRoot(tree: root, at: coversOldRoot ? "/" : rootPath), for: path)
    }

    /// Who may not mount on the host, and asks for no mount, gets the root by chroot alone.
    func planBareRoot() -> Slot {
        let root = builder.slot()
        builder.add(.openHostFile(rootPath, into: root, mustBeNullDevice: false), for: JSONPath.of("root", "path"))
        planHooksBeforeEntry()
        return root
    }

    private func planHooksBeforeEntry() {
        for kind in [HookKind.prestart, .createRuntime] {
            for (index, hook) in spec.hooks(kind).enumerated() {
                builder.at(.mounts, .runHook(kind, hook), for: JSONPath.of("hooks", kind.rawValue).index(index))
            }
        }
        if request.callsHost { builder.at(.mounts, .callHost) }
        builder.meet(.mounts)
        let hooks = spec.hooks(.createContainer)
        if hooks.isEmpty { return }
        let state = HookState.make(spec.document, request: request, status: "creating")
        for (index, hook) in hooks.enumerated() {
            var hook = hook
            // RUNC: the program's, without what is found out about its user later.
            hook.env = hook.env ?? process.document.env ?? []
            builder.add(
                .runHook(.createContainer, hook, state: state), for: JSONPath.of("hooks", "createContainer").index(index))
        }
    }

    /// Masks and read-only paths, after the hooks so that these still reach everything.
    func planHiddenPaths(root: Slot) {
        let (masked, readOnly) = (hiddenPlaces.masked, hiddenPlaces.readOnly)
        let origin = JSONPath.of("linux", "readonlyPaths")
        for (index, path) in readOnly.enumerated() where !path.isRepeated && !LexicalPath.isRoot(path.given.text) {
            builder.add(.makeReadOnly(hiddenPlaces.place(of: path), root: root), for: origin.index(index))
        }
        guard !masked.isEmpty else { return }
        let null = builder.slot()
        let empty = builder.slot()
        // CVE-2025-31133: the cover is verified to be the null device. It is the container's own, so that nobody changes the
        // host's through it; where nodes cannot be made it has none of its own, as runc. Over one that is not of its ids the
        // kernel refuses the change, and over one that may be the mount does.
        let isHosts = !makesDevices || bindsDeviceDirectory
        if isHosts {
            builder.add(.openHostFile("/dev/null", into: null, mustBeNullDevice: true))
        } else {
            builder.add(.openNullDevice(into: null, root: root))
        }
        builder.add(.makeEmptyDirectory(into: empty))
        let covered = JSONPath.of("linux", "maskedPaths")
        // A second cover would do nothing but be there.
        let protects = isHosts && mayOwnDevices
        for (index, path) in masked.enumerated() where !path.isRepeated {
            builder.add(
                .mask(
                    hiddenPlaces.place(of: path), root: root, nullDevice: null, emptyDirectory: empty,
                    protectingDevice: protects),
                for: covered.index(index))
        }
    }

    /// Makes the tree the root of the process.
    func planEntry(of root: Slot) {
        let path = JSONPath.of("root")
        guard mountsRoot else { return builder.add(.changeRoot(to: root, .change), for: path) }
        if spec.root.readonly == true {
            builder.add(.makeRootReadOnly(root), for: path.member("readonly"))
        } else if let index = (linux.readonlyPaths ?? []).firstIndex(where: LexicalPath.isRoot) {
            // A mount on the root of a process is not seen by it, so that the root itself has to change.
            builder.add(.makeRootReadOnly(root), for: JSONPath.of("linux", "readonlyPaths").index(index))
        }
        if !namespaces.isNew(.mount) {
            // Those who are in the namespace already, be it the host's, keep their root.
            builder.add(.changeRoot(to: root, .change), for: path)
        } else if request.usesPivotRoot {
            let old = builder.slot()
            builder.add(.openCurrentRoot(old))
            builder.add(.changeRoot(to: root, .pivot), for: path)
            builder.add(.detachOldRoot(old), for: path)
        } else {
            // RUNC: the old root stays underneath. With a proc or sysfs of the host in the namespace, a user namespace of the
            // container's could have a whole one too.
            for path in facts.kernelViews { builder.add(.hideHostMount(path)) }
            builder.add(.changeRoot(to: root, coversOldRoot ? .enter : .move), for: path)
        }
        if let propagation = linux.rootPropagation {
            builder.add(
                .changePropagation(propagation.propagation, recursive: propagation.recursive),
                for: JSONPath.of("linux", "rootfsPropagation"))
        }
    }
}

private func quoted(_ text: String) -> String {
    String(decoding: JSONValue.string(text).encoded(), as: UTF8.self)
}

extension Hook {
    /// How long it may run, in milliseconds; negative for ever. A time that no number of milliseconds expresses is the longest
    /// that one does.
    package var milliseconds: Int64 {
        guard let timeout else { return -1 }
        return min(Int64(max(timeout, 0)), Int64.max / 1000) * 1000
    }
}

extension HookState {
    /// The container's state as a hook sees it; the pid is filled in when it is known.
    public static func make(_ spec: Spec, request: PlanRequest, status: String) -> HookState {
        var text = "{\"ociVersion\":\(quoted(SpecificationVersion.current)),\"id\":\(quoted(request.id)),"
        text += "\"status\":\"\(status)\",\"pid\":"
        let offset = text.utf8.count
        // Ten places; JSON allows spaces before a number.
        text += "         0,\"bundle\":\(quoted(request.bundle.text))"
        if let annotations = spec.annotations, !annotations.isEmpty {
            let members = annotations.sortedByName
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            text += ",\"annotations\":{\(members.joined(separator: ","))}"
        }
        return HookState(text: text + "}", pidOffset: offset)
    }

    /// The text with the pid in its place.
    public func text(pid: Int32) -> String {
        let number = String(pid)
        let bytes = Array(text.utf8)
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: 10 - number.utf8.count)
        return String(
            decoding: bytes[..<pidOffset] + padding + Array(number.utf8) + bytes[(pidOffset + 10)...], as: UTF8.self)
    }
}

/// The version of the runtime specification that veloci implements.
public enum SpecificationVersion {
    /// As `ociVersion` in states and features documents.
    public static let current = "1.3.0"
}
