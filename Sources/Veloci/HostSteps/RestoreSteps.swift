internal import ByteText
internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

// What is done for CRIU, and with it, to make a container again.
extension Performer {
    func shareImages(_ path: HostPath, group: UInt32) throws(Failure) {
        try kernel { () throws(KernelError) in
            let directory = try Files.open(path.text, flags: .directory)
            let status = try Files.status(of: directory)
            if status.mode & 0o001 != 0 { return }
            try Files.changeOwner(of: directory, user: status.userID, group: group)
            try Files.changeMode(of: ".", status.mode & 0o7777 | 0o010, at: directory.number)
        }
    }

    func bindRoot(_ path: HostPath, at place: HostPath) throws(Failure) {
        try kernel { () throws(KernelError) in
            try Files.makeDirectory(place.text, mode: 0o700)
            let tree = try Mounts.cloneTree(path.text, recursive: true)
            try RestoreRoom.attach(tree, at: place)
        }
    }

    func makeMountPoints(_ points: [MountPoint], in root: HostPath) throws(Failure) {
        try kernel { () throws(KernelError) in try RestoreRoom.makeMountPoints(points, in: root) }
    }

    func attachDevices(_ nodes: [DeviceNode], at place: HostPath) throws(Failure) {
        let label = subject.spec.linux?.mountLabel.flatMap { $0.isEmpty ? nil : $0 }
        try kernel { () throws(KernelError) in
            try Files.makeDirectory(place.text, mode: 0o700)
            try RestoreRoom.attach(try MountTrees.makeDevices(nodes, label: label), at: place)
        }
    }

    func detachRestorePlace() throws(Failure) {
        let directory = try state().number
        try kernel { () throws(KernelError) in try RestoreRoom.detach(in: directory) }
    }

    func startRestorer(inControlGroup: Bool, legacy: Bool) throws(Failure) {
        var group: Int32?
        if inControlGroup { group = try effects.group?.openUnified() }
        defer { group.map { _ = Descriptor(owning: $0) } }
        guard let program = request.criu else { throw Failure(.internalError, "nobody looked for CRIU") }
        let restorer = try CriuProcess(
            program, descriptors: effects.table.numbers.values.filter { $0 > 2 },
            standard: effects.streams?.numbers ?? [nil, nil, nil],
            group: group)
        effects.restorer = restorer
        noteStreams()
        guard legacy, let paths = effects.group?.group.paths else { return }
        for location in paths.locations where location.version == .v1 {
            try kernel { () throws(KernelError) in
                try Files.writeValue("\(restorer.pid)", to: location.directory + "/cgroup.procs")
            }
        }
    }

    /// CRIU says what it is about to do and waits for an answer; what it made is the container when it says that all processes
    /// are complete.
    func restoreProcesses(_ order: CriuOrder) throws(Failure) {
        guard let restorer = effects.restorer else { throw Failure(.internalError, "CRIU does not run") }
        let images = try kernel { () throws(KernelError) in
            try Files.open(order.options.imagePath, flags: .directory).release()
        }
        let work = try order.options.openWorkDirectory()
        defer {
            _ = Descriptor(owning: images)
            work.map { _ = Descriptor(owning: $0) }
        }
        var descriptors = CriuRequest.Descriptors(images: images, work: work)
        for inherited in order.inherited {
            if let number = effects.table.numbers[inherited.slot] { descriptors.inherited.append((inherited.key, number)) }
        }
        descriptors.inherited += order.streams.map { ($0.key, $0.number) }
        let groups = order.takesOwnGroups ? groups(of: restorer.pid) : []
        try restorer.send(CriuRequest.restore(order, groups: groups, descriptors))
        try meetRestorer(restorer, order)
        restorer.finish()
        effects.restorer = nil
        guard effects.restored != nil else { throw Failure(.internalError, "CRIU made no process") }
    }

    private func meetRestorer(_ restorer: CriuProcess, _ order: CriuOrder) throws(Failure) {
        var refusal: Failure?
        while true {
            let response: CriuResponse
            do throws(Failure) {
                let received = try restorer.receive()
                response = received.response
                if let terminal = received.descriptor { try send(terminal: terminal, order) }
            } catch {
                // What our own part failed at is the reason.
                if let refusal { throw refusal }
                throw CriuFailure.make(error, order.options, CriuLog.restore)
            }
            guard response.succeeded else {
                if let refusal { throw refusal }
                throw CriuFailure.make(response, order.options, CriuLog.restore)
            }
            guard response.kind == .notify else { return }
            do throws(Failure) {
                try meet(response, order)
            } catch {
                refusal = refusal ?? error
            }
            try restorer.send(CriuRequest.answer(refusal == nil))
        }
    }

    private func meet(_ response: CriuResponse, _ order: CriuOrder) throws(Failure) {
        defer { note(response.script) }
        switch response.script {
        case "setup-namespaces":
            try follow(response.pid)
            for planned in plan.gates[.mounts] ?? [] { try perform(planned) }
        case "post-restore":
            try follow(response.pid)
            // Whoever waits for a terminal that never came sees the end.
            if let console = order.console { _ = effects.table.take(console) }
            for planned in plan.gates[.ready] ?? [] { try perform(planned) }
        default: return
        }
    }

    private func follow(_ pid: Int32) throws(Failure) {
        guard effects.restored?.pid != pid else { return }
        // It is a child of this process: CRIU made it a brother of itself.
        effects.restored = try kernel { () throws(KernelError) in
            ChildProcess(pid: pid, descriptor: try Processes.open(pid).release())
        }
    }

    private func send(terminal: Int32, _ order: CriuOrder) throws(Failure) {
        let master = Descriptor(owning: terminal)
        guard let slot = order.console, let socket = effects.table.numbers[slot] else { return }
        try kernel { () throws(KernelError) in
            // RUNC: the bytes beside the descriptor are the terminal's name, which nobody reads.
            try Sockets.send(Array("/dev/ptmx".utf8), descriptors: [master.number], over: socket)
        }
    }

    /// Where a process is in each hierarchy, from the hierarchy's root.
    private func groups(of pid: Int32) -> [(controller: String, path: String)] {
        guard let text = try? Files.readText("/proc/\(pid)/cgroup") else { return [] }
        return CriuRequest.groupRoots(text)
    }

    func setNetworkControl(_ key: String, _ value: String) throws(Failure) {
        let pid = try child().pid
        let path = "/proc/sys/" + (SysctlName.parts(key) ?? []).joined(separator: "/")
        try kernel { () throws(KernelError) in
            let namespace = try Files.open("/proc/\(pid)/ns/net")
            try Processes.inNetwork(namespace) { () throws(KernelError) in try Files.writeValue(value, to: path) }
        }
    }

    func noteRunning() throws(Failure) {
        guard let progress = effects.progress else { throw Failure(.internalError, "there is no progress page") }
        try kernel { () throws(KernelError) in try progress.noteRunning() }
    }
}

/// What is attached below the state directory while CRIU works.
enum RestoreRoom {
    static func attach(_ tree: borrowing Descriptor, at place: HostPath) throws(KernelError) {
        let directory = try Files.open(place.text, flags: [.path, .directory, .noFollow])
        try Mounts.setAttributes(of: tree, propagation: MountPropagation.private.mountFlag, recursive: true, name: place.text)
        try Mounts.attach(tree, on: directory, name: place.text)
        // KERNEL: on a shared mount it became shared, and CRIU would make its mounts on the host as well.
        try Mounts.setAttributes(of: tree, propagation: MountPropagation.private.mountFlag, recursive: true, name: place.text)
    }

    /// What was never attached is no error.
    static func detach(in state: Int32) throws(KernelError) {
        for name in [RestorePlace.root, RestorePlace.devices] {
            do throws(KernelError) {
                let mount = try Files.open(name, flags: [.path, .directory, .noFollow], at: state)
                try Mounts.detach(mount, name: name)
            } catch where error.errno == .noEntry || error.errno == .invalidArgument {
                continue
            }
        }
    }

    static func makeMountPoints(_ points: [MountPoint], in place: HostPath) throws(KernelError) {
        let root = try Files.open(place.text, flags: [.path, .directory, .noFollow])
        // The sources of bind mounts, as they are attached.
        var attached: [Int32] = []
        var failure: KernelError?
        do throws(KernelError) {
            for point in points {
                try makeMountPoint(point, in: root)
                guard let source = point.source else { continue }
                // Later mounts may lie inside of this one: what is made there is made in the source.
                let tree = try Mounts.cloneTree(source.text, recursive: true)
                try Mounts.setAttributes(
                    of: tree, propagation: MountPropagation.private.mountFlag, recursive: true, name: source.text)
                let target = try point.path.open(in: root, flags: .path)
                try Mounts.attach(tree, on: target, name: point.path.text)
                attached.append(tree.release())
            }
        } catch {
            failure = error
        }
        // CRIU wants the root alone.
        for number in attached.reversed() {
            let tree = Descriptor(owning: number)
            do throws(KernelError) { try Mounts.detach(tree, name: place.text) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// As the stage makes it for a new container: through descriptors, and no link leads out of the root.
    private static func makeMountPoint(_ point: MountPoint, in root: borrowing Descriptor) throws(KernelError) {
        var isDirectory = true
        if let source = point.source { isDirectory = try Files.status(of: source.text, followingLink: true).kind == .directory }
        let names = point.path.text.parts(at: "/")
        var inside = ""
        for (index, name) in names.enumerated() {
            let above = inside.isEmpty ? "/" : inside
            inside += "/" + name
            do throws(KernelError) {
                _ = try ContainerPath(inside).open(in: root, flags: .path)
            } catch where error.errno == .noEntry {
                let directory = try ContainerPath(above).open(in: root, flags: [.path, .directory])
                if isDirectory || index + 1 < names.count {
                    try Files.makeDirectory(name, mode: 0o755, at: directory.number)
                } else {
                    let flags: OpenFlags = [.create, .exclusive, .writeOnly, .noFollow]
                    _ = try Files.open(name, flags: flags, mode: 0o644, at: directory.number)
                }
            }
        }
    }
}
