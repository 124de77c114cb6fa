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
        case .nameProcess(let name): encoder.call(__NR_prctl, [.value(UInt64(PR_SET_NAME)), .address(encoder.text(name))])
        case .refuseTracing: encoder.call(__NR_prctl, [.value(UInt64(PR_SET_DUMPABLE)), .value(0)])
        // EPERM: already the leader of a session, as after setns into a container's pid namespace by the host itself.
        case .newSession: encoder.call(__NR_setsid, [], tolerating: [EPERM])
        case .saveUmask: encoder.call(__NR_umask, [.value(0)], result: encoder.umaskSlot)
        case .restoreUmask: encoder.call(__NR_umask, [.slot(encoder.umaskSlot)])
        case .setUmask(let mask): encoder.call(__NR_umask, [.value(UInt64(mask))])
        case .joinSessionKeyring(let name):
            // KEYCTL_JOIN_SESSION_KEYRING. ENOSYS: the kernel has no keys. EDQUOT is a failure: the caller's keys would be seen.
            encoder.call(__NR_keyctl, [.value(1), .address(encoder.text(name))], tolerating: [ENOSYS])

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
        case .becomeUserOfNamespace(let uid, let gid):
            // EPERM: setgroups is denied where an unprivileged user made the mapping (user_namespaces(7)).
            encoder.call(__NR_setgroups, [.value(0), .value(0)], tolerating: [EPERM])
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

        case .changePropagation, .attachRoot, .openCurrentRoot, .openTree, .openTreeInRoot, .openHostFile, .openNullDevice:
            encodeRoot(into: &encoder)
        case .changeRoot, .detachOldRoot, .hideHostMount, .makeRootReadOnly: encodeEntry(into: &encoder)
        case .mountFileSystem, .attachTree, .changeMount, .openMount, .makeMountReadOnly, .openPrivateProcessFileSystem,
            .makeEmptyDirectory:
            encodeMount(into: &encoder)
        case .makeDevice, .bindDevice, .makeLink, .mask, .makeReadOnly, .makeWorkingDirectory, .writeSystemControl:
            encodeFile(into: &encoder)
        case .openTerminal, .sendTerminal, .bindConsole, .useTerminal, .ownStandardStreams:
            encodeTerminal(into: &encoder)
        case .setLimit, .setScheduler, .setIOPriority, .setCPUAffinity, .resetCPUAffinity, .setMemoryPolicy, .setPersonality,
            .setSecurityLabel, .setNoNewPrivileges, .dropBoundingCapabilities, .keepCapabilitiesAcrossUserChange, .setUser,
            .setCapabilities, .raiseAmbientCapabilities, .loadSeccompFilter:
            encodeConfinement(into: &encoder)
        case .runHook, .findHome, .enterDirectory, .findProgram, .closeDescriptors, .keepDescriptors, .execute:
            encodeProgram(into: &encoder)
        }
    }

    private func encodeRoot(into encoder: inout RecordEncoder) {
        switch self {
        case .changePropagation(let kind, let recursive, let path):
            encoder.call(
                __NR_mount,
                [
                    .value(0), .address(encoder.text(path)), .value(0),
                    .value(kind.mountFlag | (recursive ? UInt64(MS_REC) : 0)), .value(0),
                ])
        case .attachRoot(let tree, let path):
            let point = encoder.scratchSlot()
            encoder.openHost(path, flags: O_PATH | O_DIRECTORY, into: point)
            encoder.attach(tree, to: point)
            encoder.close(point)
            // Hooks of the container's namespaces start in the root.
            encoder.call(__NR_fchdir, [.slot(tree)])
        case .openCurrentRoot(let slot): encoder.openHost("/", flags: O_PATH | O_DIRECTORY, into: slot)
        case .openTree(let path, let recursive, let attributes, let slot):
            let flags = UInt64(OPEN_TREE_CLONE) | UInt64(O_CLOEXEC | (recursive ? AT_RECURSIVE : 0))
            encoder.call(__NR_open_tree, [.value(here), .address(encoder.text(path)), .value(flags)], result: slot)
            encoder.setAttributes(attributes, of: slot)
        case .openTreeInRoot(let path, let root, let recursive, let attributes, let slot):
            let place = encoder.makeTarget(MountTarget(path, kind: .directory), root: root, existing: true)
            encoder.cloneTree(place, recursive: recursive, into: slot)
            encoder.close(place)
            encoder.setAttributes(attributes, of: slot)
        case .openHostFile(let path, let slot, let mustBeNull):
            encoder.openHost(path, flags: O_PATH, into: slot)
            if mustBeNull { encoder.add(stage_operation_check_null, [.slot(slot)]) }
        case .openNullDevice(let slot, let root):
            let how = encoder.words([
                UInt64(UInt32(bitPattern: O_PATH | O_NOFOLLOW | O_CLOEXEC)), 0, UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
            ])
            encoder.call(
                __NR_openat2, [.slot(root), .address(encoder.text("/dev/null")), .address(how), .value(24)], result: slot)
            encoder.add(stage_operation_check_null, [.slot(slot)])
        default: break
        }
    }

    private func encodeEntry(into encoder: inout RecordEncoder) {
        switch self {
        case .changeRoot(let root, let change):
            encoder.call(__NR_fchdir, [.slot(root)])
            let dot = encoder.text(".")
            switch change {
            case .pivot: encoder.call(__NR_pivot_root, [.address(dot), .address(dot)])
            case .move:
                encoder.call(
                    __NR_mount,
                    [.address(dot), .address(encoder.text("/")), .value(0), .value(UInt64(MS_MOVE)), .value(0)])
                encoder.call(__NR_chroot, [.address(dot)])
            case .change, .enter: encoder.call(__NR_chroot, [.address(dot)])
            }
        case .detachOldRoot(let old):
            let dot = encoder.text(".")
            encoder.call(__NR_fchdir, [.slot(old)])
            // What is unmounted here must not vanish from the host.
            encoder.call(
                __NR_mount,
                [.value(0), .address(dot), .value(0), .value(UInt64(MS_SLAVE | MS_REC)), .value(0)])
            encoder.call(__NR_umount2, [.address(dot), .value(UInt64(MNT_DETACH))])
            encoder.close(old)
            encoder.call(__NR_chdir, [.address(encoder.text("/"))])
        case .hideHostMount(let path):
            let (place, type) = (encoder.text(path), encoder.text("tmpfs"))
            // What is unmounted here must not vanish from the host.
            encoder.call(
                __NR_mount, [.value(0), .address(place), .value(0), .value(UInt64(MS_SLAVE | MS_REC)), .value(0)],
                tolerating: [EINVAL, ENOENT])
            encoder.call(__NR_umount2, [.address(place), .value(UInt64(MNT_DETACH))], tolerating: [EINVAL, EPERM])
            // KERNEL(mount_namespaces(7)): in a user namespace the host's mounts are locked; covered they are out of reach too.
            encoder.call(
                __NR_mount, [.address(type), .address(place), .address(type), .value(UInt64(MS_RDONLY)), .value(0)],
                tolerating: [ENOENT, ENOTDIR])
        case .makeRootReadOnly(let root):
            encoder.setAttributes(MountAttributes(set: UInt64(MOUNT_ATTR_RDONLY)), of: root)
        default: break
        }
    }

    private func encodeMount(into encoder: inout RecordEncoder) {
        switch self {
        case .mountFileSystem(let mount, let root) where mount.hasLongOptions: encoder.mountInOneCall(mount, root: root)
        case .mountFileSystem(let mount, let root):
            let tree = encoder.scratchSlot()
            encoder.makeFileSystem(mount, root: root, into: tree)
            encoder.attach(tree, to: mount.target, root: root)
            encoder.close(tree)
        case .attachTree(let tree, let target, let root, let kept):
            encoder.attach(tree, to: target, root: root)
            if let kept { encoder.add(stage_operation_copy_slot, [.slot(tree)], result: kept) } else { encoder.close(tree) }
        case .changeMount(let attributes, let path, let root, let options):
            let target = encoder.makeTarget(MountTarget(path, kind: .directory), root: root, existing: true)
            encoder.changeFileSystem(of: target, options)
            encoder.setAttributes(attributes, of: target)
            encoder.close(target)
        case .openMount(let path, let root, let slot):
            _ = encoder.makeTarget(MountTarget(path, kind: .directory), root: root, existing: true, into: slot)
        case .makeMountReadOnly(let mount, _):
            encoder.setAttributes(MountAttributes(set: UInt64(MOUNT_ATTR_RDONLY)), of: mount)
            encoder.close(mount)
        case .openPrivateProcessFileSystem(let slot):
            encoder.makeFileSystem(
                FileSystemMount(
                    type: "proc", source: "proc", options: [], attributes: MountAttributes(),
                    target: MountTarget("", kind: .directory)), into: slot)
        case .makeEmptyDirectory(let slot):
            let attributes = MountAttributes(
                set: UInt64(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC))
            encoder.makeFileSystem(
                FileSystemMount(
                    type: "tmpfs", source: "tmpfs", options: ["ro", "nr_blocks=1", "nr_inodes=1"], attributes: attributes,
                    target: MountTarget("", kind: .directory)), into: slot)
        default: break
        }
    }

    private func encodeFile(into encoder: inout RecordEncoder) {
        switch self {
        case .makeDevice(let node, let root):
            let device = UInt64(node.major & 0xfff) << 8 | UInt64(node.minor & 0xff) | UInt64(node.minor & 0xfff00) << 12
            encoder.add(
                stage_operation_device,
                [
                    .slot(root), .address(encoder.text(node.path)), .value(node.kind.modeBits | UInt64(node.mode)),
                    .value(node.kind == .namedPipe ? 0 : device), .value(UInt64(node.uid)), .value(UInt64(node.gid)),
                ])
        case .bindDevice(let file, let path, let root):
            let tree = encoder.scratchSlot()
            encoder.cloneTree(file, into: tree)
            encoder.attach(tree, to: MountTarget(path, kind: .file), root: root)
            encoder.close(tree)
            encoder.close(file)
        case .makeLink(let path, let destination, let replacing, let root):
            encoder.add(
                stage_operation_link,
                [
                    .slot(root), .address(encoder.text(path)), .address(encoder.text(destination)),
                    .value(replacing ? 1 : 0),
                ])
        case .mask(let path, let root, let null, let empty):
            encoder.add(
                stage_operation_mask, [.slot(root), .address(encoder.text(path)), .slot(null), .slot(empty)])
        case .makeReadOnly(let path, let root):
            encoder.add(stage_operation_read_only, [.slot(root), .address(encoder.text(path))])
        case .makeWorkingDirectory(let path, let root):
            encoder.add(stage_operation_directory, [.slot(root), .address(encoder.text(path))])
        case .writeSystemControl(let key, let value, let proc):
            let path = "sys/" + SystemControl.path(of: key)
            encoder.writeFile(path, below: proc, value)
        default: break
        }
    }

    private func encodeTerminal(into encoder: inout RecordEncoder) {
        switch self {
        case .openTerminal(let request, let root): encoder.openTerminal(request, root: root)
        case .sendTerminal(let master, let socket):
            let name = "/dev/pts/ptmx"
            encoder.add(
                stage_operation_send_descriptor,
                [.slot(socket), .slot(master), .address(encoder.text(name)), .value(UInt64(name.utf8.count))])
            encoder.close(master)
            encoder.close(socket)
        case .bindConsole(let terminal, let root):
            let tree = encoder.scratchSlot()
            encoder.cloneTree(terminal, into: tree)
            // CVE-2026-88264: a link planted as /dev/console must not be followed.
            encoder.attach(tree, to: MountTarget("/dev/console", kind: .file, refusesLinks: true), root: root)
            encoder.close(tree)
        case .useTerminal(let terminal):
            for number in 0..<3 { encoder.call(__NR_dup3, [.slot(terminal), .value(UInt64(number)), .value(0)]) }
            encoder.call(__NR_ioctl, [.value(0), .value(UInt64(TIOCSCTTY)), .value(0)])
            encoder.close(terminal)
        case .ownStandardStreams(let user, let root):
            encoder.add(stage_operation_own_standard, [.value(UInt64(user)), .slot(root)])
        default: break
        }
    }

    private func encodeProgram(into encoder: inout RecordEncoder) {
        switch self {
        case .runHook(_, let hook, let state):
            // RUNC: inside of the container a hook that has none gets the program's environment.
            let environment = hook.env.map { encoder.textList($0) } ?? encoder.environment
            let arguments = encoder.textList(hook.args ?? [hook.path])
            encoder.add(
                stage_operation_hook,
                [
                    .address(encoder.text(hook.path)), .address(arguments), .address(environment),
                    .address(encoder.shared(state.text)),
                    .value(UInt64(state.text.utf8.count) | UInt64(state.pidOffset) << 32),
                    .value(UInt64(bitPattern: hook.milliseconds)),
                ])
        case .findHome(let uid, let root):
            encoder.add(stage_operation_home, [.slot(root), .value(UInt64(uid)), .address(encoder.home)])
        case .enterDirectory(let path, let attempt):
            encoder.add(
                stage_operation_working_directory, [.address(encoder.text(path)), .value(attempt.rawValue)])
        case .findProgram(let name):
            let room = encoder.room(for: 4096)
            encoder.add(
                stage_operation_find_program,
                [.address(encoder.text(name)), .address(encoder.environment), .address(room)])
        case .closeDescriptors:
            encoder.call(__NR_close_range, [.value(3), .value(UInt64(UInt32.max)), .value(UInt64(CLOSE_RANGE_CLOEXEC))])
        case .keepDescriptors(let kept):
            for number in kept.sorted() {
                encoder.call(__NR_fcntl, [.value(UInt64(number)), .value(UInt64(F_SETFD)), .value(0)])
            }
        case .execute(let arguments, _, _):
            encoder.add(
                stage_operation_execute,
                [.address(encoder.textList(arguments)), .address(encoder.environment)])
        default: break
        }
    }
}
