internal import CLinux
internal import CStageWire
internal import RuntimeSpec

private let here = UInt64(bitPattern: Int64(AT_FDCWD))
private let closeOnExec = UInt64(O_CLOEXEC)

extension Step {
    /// Appends the records that perform the step.
    func encode(into encoder: inout RecordEncoder) {
        switch self {
        case .resetSignals: encoder.add(stage_operation_reset_signals)
        case .endWithCaller:
            // A filter may allow less of prctl than capabilities need; a program without the bond is no reason not to run it.
            encoder.call(__NR_prctl, [.value(UInt64(PR_SET_PDEATHSIG)), .value(9)], tolerating: [EPERM, ENOSYS])
        case .endOnSignals: encoder.add(stage_operation_end_on_signals)
        case .nameProcess(let name): encoder.call(__NR_prctl, [.value(UInt64(PR_SET_NAME)), .address(encoder.text(name))])
        case .refuseTracing: encoder.call(__NR_prctl, [.value(UInt64(PR_SET_DUMPABLE)), .value(0)])
        // EPERM: already the leader of a session, as after setns into a container's pid namespace by the host itself.
        case .newSession: encoder.call(__NR_setsid, [], tolerating: [EPERM])
        case .saveUmask: encoder.call(__NR_umask, [.value(0)], result: encoder.umaskSlot)
        case .restoreUmask: encoder.call(__NR_umask, [.slot(encoder.umaskSlot)])
        case .setUmask(let mask): encoder.call(__NR_umask, [.value(UInt64(mask))])
        case .joinSessionKeyring:
            // KEYCTL_JOIN_SESSION_KEYRING. ENOSYS: the kernel has no keys. EDQUOT is a failure: the caller's keys would be seen.
            encoder.call(__NR_keyctl, [.value(1), .value(0)], tolerating: [ENOSYS])

        case .joinControlGroup(_, let tasks):
            encoder.call(__NR_write, [.slot(tasks), .address(encoder.text("0")), .value(1)])
            encoder.close(tasks)
        case .joinNamespace(let kind, let slot):
            encoder.call(__NR_setns, [.slot(slot), .value(kind.cloneFlag)])
            encoder.close(slot)
        case .joinNamespaces(let kinds, let process):
            encoder.call(__NR_setns, [.slot(process), .value(kinds.cloneFlags)])
        case .newNamespaces(let kinds): encoder.call(__NR_unshare, [.value(kinds.cloneFlags)])
        case .fork(let kinds): encoder.add(stage_operation_fork, [.value(kinds.cloneFlags)])
        case .becomeUserOfNamespace(let uid, let gid, let keepsGroups):
            // EPERM: setgroups is denied where an unprivileged user made the mapping (user_namespaces(7)).
            if !keepsGroups { encoder.call(__NR_setgroups, [.value(0), .value(0)], tolerating: [EPERM]) }
            let (user, group) = (UInt64(uid), UInt64(gid))
            encoder.call(__NR_setresgid, [.value(group), .value(group), .value(group)])
            encoder.call(__NR_setresuid, [.value(user), .value(user), .value(user)])
        case .bringUpLoopback:
            // struct ifreq: the name, then IFF_UP | IFF_RUNNING for SIOCSIFFLAGS.
            let socket = encoder.scratchSlot()
            let request = encoder.bytes(
                Array("lo".utf8) + [UInt8](repeating: 0, count: 14) + [0x41, 0] + [UInt8](repeating: 0, count: 22))
            encoder.call(__NR_socket, [.value(2), .value(2 | UInt64(O_CLOEXEC)), .value(0)], result: socket)
            encoder.call(__NR_ioctl, [.slot(socket), .value(0x8914), .address(request)])
            encoder.close(socket)
        case .setHostname(let name):
            encoder.call(__NR_sethostname, [.address(encoder.text(name)), .value(UInt64(name.utf8.count))])
        case .setDomainname(let name):
            encoder.call(__NR_setdomainname, [.address(encoder.text(name)), .value(UInt64(name.utf8.count))])

        case .gate(let gate): encoder.add(stage_operation_gate, [.value(UInt64(gate.rawValue))])
        case .offerRouteSocket(let slot, let gate):
            // AF_NETLINK, SOCK_RAW, NETLINK_ROUTE
            encoder.call(__NR_socket, [.value(16), .value(3 | UInt64(O_CLOEXEC)), .value(0)], result: slot)
            encoder.add(stage_operation_listener, [.slot(slot), .value(UInt64(gate.rawValue))])
            encoder.close(slot)
        case .waitForStart(let slot): encoder.add(stage_operation_wait_start, [.slot(slot)])

        case .changePropagation(let kind, let recursive): encoder.changePropagation(kind, recursive: recursive)
        case .attachRoot(let tree, let path): encoder.attachRoot(tree: tree, at: path)
        case .openCurrentRoot(let slot): encoder.openHost("/", flags: O_PATH | O_DIRECTORY, into: slot)
        case .openTree(let path, let recursive, let followsLink, let attributes, let slot):
            encoder.openTree(path: path, recursive: recursive, followsLink: followsLink, attributes: attributes, into: slot)
        case .openTreeInRoot(let path, let root, let recursive, let followsLink, let attributes, let slot):
            encoder.openTreeInRoot(
                path: path, root: root, recursive: recursive, followsLink: followsLink, attributes: attributes, into: slot)
        case .openDeviceNodes(let tree, let root, let slots): encoder.openDeviceNodes(tree, root: root, into: slots)
        case .openHostFile(let path, let slot, let mustBeNull):
            encoder.openHostFile(path, into: slot, mustBeNullDevice: mustBeNull)
        case .openNullDevice(let slot, let root): encoder.openNullDevice(into: slot, root: root)
        case .changeRoot(let root, let change): encoder.changeRoot(to: root, change)
        case .detachOldRoot(let old): encoder.detachOldRoot(old)
        case .hideHostMount(let path): encoder.hideHostMount(path)
        case .makeRootReadOnly(let root): encoder.makeRootReadOnly(root)

        case .mountFileSystem(let mount, let root) where mount.hasLongOptions: encoder.mountInOneCall(mount, root: root)
        case .mountFileSystem(let mount, let root): encoder.mountFileSystem(mount, root: root)
        case .attachTree(let tree, let target, let root, let kept):
            encoder.attachTree(tree, destination: target, root: root, keeping: kept)
        case .changeMount(let attributes, let path, let root, let options):
            encoder.changeMount(attributes, path: path, root: root, fileSystem: options)
        case .openMount(let path, let root, let slot): encoder.openMount(path: path, root: root, into: slot)
        case .makeMountReadOnly(let mount, _): encoder.makeMountReadOnly(mount)
        case .openPrivateProcessFileSystem(let slot): encoder.openPrivateProcessFileSystem(into: slot)
        case .removeMount(let path, let root, let proc): encoder.removeMount(path: path, root: root, processFileSystem: proc)
        case .makeEmptyDirectory(let slot): encoder.makeEmptyDirectory(into: slot)

        case .makeDevice(let node, let root): encoder.makeDevice(node, root: root)
        case .bindDevice(let file, let path, let root, let protected):
            encoder.bindDevice(hostFile: file, path: path, root: root, protected: protected)
        case .makeLink(let path, let destination, let existing, let root):
            encoder.makeLink(path: path, to: destination, existing: existing, root: root)
        case .mask(let hidden, let root, let null, let empty, let protected):
            encoder.mask(hidden, root: root, nullDevice: null, emptyDirectory: empty, protectingDevice: protected)
        case .makeReadOnly(let hidden, let root): encoder.makeReadOnly(hidden, root: root)
        case .makeWorkingDirectory(let path, let root): encoder.makeWorkingDirectory(path, root: root)
        case .writeSystemControl(let key, let value, let proc):
            encoder.writeSystemControl(key: key, value: value, processFileSystem: proc)

        case .openTerminal(let request, let root): encoder.openTerminal(request, root: root)
        case .sendTerminal(let master, let socket): encoder.sendTerminal(master: master, socket: socket)
        case .bindConsole(let terminal, let root): encoder.bindConsole(terminal: terminal, root: root)
        case .useTerminal(let terminal): encoder.useTerminal(terminal)
        case .ownStandardStreams(let user, let root): encoder.ownStandardStreams(user: user, root: root)

        case .runHook(_, let hook, let state): encoder.runHook(hook, state: state)
        case .findHome(let uid, let root): encoder.findHome(uid: uid, root: root)
        case .enterDirectory(let path, let attempt): encoder.enterDirectory(path, attempt: attempt)
        case .findProgram(let name): encoder.findProgram(name)
        case .closeDescriptors: encoder.closeDescriptors()
        case .keepDescriptors(let kept): encoder.keepDescriptors(kept)
        case .end: encoder.add(stage_operation_end)
        case .execute(let arguments, _, _): encoder.execute(arguments: arguments)

        case .setLimit(let kind, let soft, let hard): encoder.setLimit(kind, soft: soft, hard: hard)
        case .setScheduler(let attributes): encoder.setScheduler(attributes)
        case .setIOPriority(let kind, let level): encoder.setIOPriority(kind, level: level)
        case .setCPUAffinity(let mask): encoder.setCPUAffinity(mask)
        case .resetCPUAffinity: encoder.resetCPUAffinity()
        case .setMemoryPolicy(let mode, let flags, let nodes): encoder.setMemoryPolicy(mode, flags: flags, nodes: nodes)
        case .setPersonality(let domain): encoder.call(__NR_personality, [.value(domain.number)])
        case .setSecurityLabel(let module, let label, let proc):
            encoder.setSecurityLabel(module: module, label: label, processFileSystem: proc)
        case .setNoNewPrivileges: encoder.setNoNewPrivileges()
        case .dropBoundingCapabilities(let kept, let last): encoder.dropBoundingCapabilities(keeping: kept, last: last)
        case .keepCapabilitiesAcrossUserChange: encoder.keepCapabilitiesAcrossUserChange()
        case .setUser(let uid, let gid, let groups): encoder.setUser(uid: uid, gid: gid, groups: groups)
        case .setCapabilities(let effective, let permitted, let inheritable):
            encoder.setCapabilities(effective: effective, permitted: permitted, inheritable: inheritable)
        case .raiseAmbientCapabilities(let set): encoder.raiseAmbientCapabilities(set)
        case .loadSeccompFilter(let filter, let listener): encoder.loadSeccompFilter(filter, listener: listener)
        }
    }
}
