internal import RuntimeSpec

extension Step {
    /// What the step does, to complete "cannot …" and "1. …".
    public var text: String {
        switch self {
        case .resetSignals: "reset all signals"
        case .endWithCaller: "end when the caller has ended"
        case .endOnSignals: "end at SIGHUP, SIGINT, SIGQUIT and SIGTERM from now on"
        case .nameProcess(let name): "name the process \(name)"
        case .refuseTracing: "refuse to be traced"
        case .newSession: "begin a session"
        case .saveUmask: "set the file mode mask aside"
        case .restoreUmask: "restore the caller's file mode mask"
        case .setUmask(let mask): "set the file mode mask to 0\(String(mask, radix: 8))"
        case .joinSessionKeyring: "join a new session keyring"
        case .joinControlGroup(let hierarchy, _): "join the control group of \(hierarchy)"
        case .joinNamespace(let kind, _): "join the \(kind.rawValue) namespace"
        case .joinNamespaces(let kinds, _): "join the container's namespaces: \(names(kinds))"
        case .newNamespaces(let kinds): "make namespaces: \(names(kinds))"
        case .fork(let kinds): kinds.isEmpty ? "fork" : "fork into new namespaces: \(names(kinds))"
        case .becomeUserOfNamespace(let uid, let gid, let keepsGroups):
            "become " + (uid == 0 && gid == 0 ? "root" : "user \(uid), group \(gid)") + " of the user namespace"
                + (keepsGroups ? ", keeping other groups" : "")
        case .bringUpLoopback: "bring up the loopback device"
        case .setHostname(let name): "set the hostname to \(name)"
        case .setDomainname(let name): "set the domainname to \(name)"
        case .gate(let gate): "wait for the host at gate \(gate)"
        case .offerRouteSocket(_, let gate): "offer a route socket of the network namespace at gate \(gate)"
        case .waitForStart: "wait for start"
        case .changePropagation(let kind, let recursive):
            "make the mount /\(recursive ? " and all below it" : "") \(kind.rawValue)"
        case .attachRoot(_, let path): "attach the root at \(path)"
        case .openCurrentRoot: "open the current root"
        case .openTree(let path, let recursive, let followsLink, let attributes, _):
            "open a copy of the \(recursive ? "mounts" : "mount") at \(followsLink ? "" : "the link ")\(path)"
                + optionText([], attributes)
        case .openTreeInRoot(let path, _, let recursive, let followsLink, let attributes, _):
            "open a copy of the \(recursive ? "mounts" : "mount") at \(followsLink ? "" : "the link ")\(path) of the root"
                + optionText([], attributes)
        case .openDeviceNodes: "open the devices that the host made"
        case .openHostFile(let path, _, let null):
            "open \(path) of the host" + (null ? " and check that it is the null device" : "")
        case .openNullDevice: "open the container's /dev/null and check that it is the null device"
        case .changeRoot(_, .pivot): "pivot into the root"
        case .changeRoot(_, .move): "move the root to /"
        case .changeRoot(_, .enter): "enter the root, which covers /"
        case .changeRoot(_, .change): "change the root"
        case .hideHostMount(let path): "detach \(path) of the host, or cover it"
        case .detachOldRoot: "detach the old root"
        case .makeRootReadOnly: "make the root read-only"
        case .mountFileSystem(let mount, _):
            mount.text
        case .attachTree(_, let target, _, _): "attach the opened mount on \(target.path)"
        case .changeMount(let attributes, let path, _, let options):
            "change the mount on \(path)" + (options.isEmpty ? "" : " and its file system") + optionText(options, attributes)
        case .openMount(let path, _, _): "open the mount on \(path)"
        case .makeMountReadOnly(_, let path): "make the mount on \(path) read-only, now that all inside is made"
        case .openPrivateProcessFileSystem:
            "open a proc file system that is attached nowhere, or /proc where the kernel refuses one"
        case .removeMount(let path, _, _): "detach what is mounted on \(path)"
        case .makeEmptyDirectory: "make an empty directory to cover others with"
        case .makeDevice(let node, _):
            "make the device \(node.path) (\(node.kind.rawValue) \(node.major):\(node.minor), "
                + "mode 0\(String(node.mode, radix: 8)), owner \(node.uid):\(node.gid))"
        case .bindDevice(_, let path, _, let protected):
            "bind the host's device on \(path)" + (protected ? ", its mode and owner read-only" : "")
        case .makeLink(let path, let destination, let existing, _):
            "link \(path) to \(destination)" + (existing == .compare ? ", or find it so" : "")
        case .mask(let hidden, _, _, _, let protected): "mask \(hidden.words)" + (protected ? ", the null device protected" : "")
        case .makeReadOnly(let hidden, _): "make \(hidden.words) read-only"
        case .makeWorkingDirectory(let path, _): "make the directory \(path) if it is missing"
        case .writeSystemControl(let key, let value, _): "set \(key) to \(value)"
        case .openTerminal(let request, _):
            "open a terminal" + (request.size.map { " of \($0.width) columns and \($0.height) rows" } ?? "")
        case .sendTerminal: "send the terminal to the console socket"
        case .bindConsole: "bind the terminal on /dev/console"
        case .useTerminal: "use the terminal as standard streams"
        case .ownStandardStreams(let user, _): "give the standard streams to user \(user)"
        case .setLimit(let kind, let soft, let hard): HostStep.limitText(kind, soft: soft, hard: hard)
        case .setScheduler(let attributes): "schedule by \(attributes.words)"
        case .setIOPriority(let kind, let level): "set the I/O priority to \(kind.rawValue), level \(level)"
        case .setCPUAffinity(let mask): "run on processors \(mask.list)"
        case .resetCPUAffinity: "run on all processors that the control group has"
        case .setMemoryPolicy(let mode, let flags, let nodes):
            "set the memory policy to " + ([mode.rawValue] + flags.map { $0.rawValue }).joined(separator: ", ")
                + (nodes.words.isEmpty ? "" : " of nodes \(nodes.list)")
        case .setPersonality(let domain): "set the personality to \(domain.rawValue)"
        case .setSecurityLabel(let module, let label, _): "take on the \(module.rawValue) label \(label) at execution"
        case .setNoNewPrivileges: "refuse new privileges"
        case .dropBoundingCapabilities(let kept, _): "drop capabilities from the bounding set, keeping \(kept)"
        case .keepCapabilitiesAcrossUserChange: "keep capabilities while the user changes"
        case .setUser(let uid, let gid, let groups):
            "become user \(uid), group \(gid)"
                + (groups.map { $0.isEmpty ? "" : ", groups \($0.map(String.init).joined(separator: " "))" }
                    ?? ", keeping other groups")
        case .setCapabilities(let effective, let permitted, let inheritable):
            "set capabilities: effective \(effective), permitted \(permitted), inheritable \(inheritable)"
        case .raiseAmbientCapabilities(let set): "raise ambient capabilities \(set)"
        case .loadSeccompFilter(let filter, let listener):
            "load a seccomp filter of \(filter.program.count / 8) instructions" + (listener == nil ? "" : " with a listener")
        case .runHook(let kind, let hook, _): "run the \(kind.rawValue) hook \(hook.path)"
        case .findHome(let uid, _): "find the home directory of user \(uid)"
        case .enterDirectory(let path, .first): "enter the directory \(path)"
        case .enterDirectory(let path, .second): "enter the directory \(path), if that was refused before the user changed"
        case .findProgram(let name): "find the program \(name)"
        case .end: "end"
        case .closeDescriptors: "let no descriptor above 2 outlive an execution"
        case .keepDescriptors(let kept): "keep the descriptors \(kept.map(String.init).joined(separator: ", "))"
        case .execute(let arguments, _, _): "execute \(arguments.joined(separator: " "))"
        }
    }

    private func names(_ kinds: [NamespaceKind]) -> String {
        kinds.map { $0.rawValue }.joined(separator: ", ")
    }
}

extension HiddenPath {
    /// The path and where it is looked for.
    fileprivate var words: String {
        guard mount != nil else { return path.text }
        let place = inside.isEmpty ? ", the mount itself" : " as \(inside) of its mount"
        return path.text + place + (isLookedForAgain ? ", and whatever the path leads to" : "")
    }
}

extension FileSystemMount {
    /// What is mounted where, with its options.
    fileprivate var text: String {
        "mount \(type) on \(target.path)" + optionText(options + optionalOptions, attributes)
            + (copiesMode ? ", with the mode of what it covers" : "") + (copiesContent ? ", with a copy of what it covers" : "")
            + (otherwise.map { ", or the host's \($0) where the kernel refuses that" } ?? "")
    }
}

/// The options in the order in which they are given, each once: `ro` may be meant for the file system and for the mount.
func optionText(_ options: [String], _ attributes: MountAttributes) -> String {
    let all = options + attributes.words.filter { !options.contains($0) }
    return all.isEmpty ? "" : " with \(all.joined(separator: ", "))"
}

extension MountAttributes {
    /// The attributes as mount options.
    var words: [String] {
        let names: [(UInt64, String, String)] = [
            (0x1, "ro", "rw"), (0x2, "nosuid", "suid"), (0x4, "nodev", "dev"), (0x8, "noexec", "exec"),
            (0x80, "nodiratime", "diratime"), (0x200000, "nosymfollow", "symfollow"),
        ]
        func words(_ set: UInt64, _ clear: UInt64, _ prefix: String) -> [String] {
            var words = names.compactMap { bit, on, off in
                set & bit != 0 ? prefix + on : clear & bit != 0 ? prefix + off : nil
            }
            if set & 0x70 == 0x10 {
                words.append(prefix + "noatime")
            } else if set & 0x70 == 0x20 {
                words.append(prefix + "strictatime")
            } else if clear & 0x70 != 0 {
                words.append(prefix + "relatime")
            }
            return words
        }
        return words(set, clear, "") + words(recursiveSet, recursiveClear, "r")
            + propagation.map { ($0.recursive ? "r" : "") + $0.kind.rawValue }
    }
}
