internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension Creation {
    /// Does the host's part of a gate.
    func meet(_ gate: Gate, _ launch: Launch, _ directory: Int32) throws(Failure) {
        for planned in plan.gates[gate] ?? [] {
            do throws(KernelError) {
                try fault.check(planned)
            } catch {
                throw .kernel(error, "cannot \(planned.action.text)", path: planned.origin)
            }
            if case .runHook(let kind, let hook) = planned.action {
                let state = HookState.make(
                    bundle.spec, request: PlanRequest(id: record.id, bundle: record.bundle), status: "creating")
                try HostHooks.run(
                    hook, kind: kind, state: state.text(pid: launch.pid), bundle: record.bundle, path: planned.origin,
                    for: launch.processDescriptor)
                continue
            }
            if case .sendListener(let path) = planned.action {
                try SeccompListener.send(launch, to: path, spec: bundle.spec, record, status: "creating")
                continue
            }
            if case .writeState = planned.action {
                try writeState(launch, directory)
                continue
            }
            do throws(KernelError) {
                try perform(planned.action, launch)
            } catch {
                throw Failure(
                    .kernel, "cannot \(planned.action.text): \(error.call)\(error.object.isEmpty ? "" : " " + error.object)",
                    path: planned.origin, errno: error.errno, hint: hint(planned.action, error))
            }
        }
    }

    private func perform(_ step: HostStep, _ launch: Launch) throws(KernelError) {
        let pid = launch.pid
        switch step {
        case .writeMappings(let uid, let gid): try Mappings.write(uid: uid, gid: gid, to: pid)
        case .writeTimeOffset(let clock, let seconds, let nanoseconds):
            try Files.writeValue("\(clock) \(seconds) \(nanoseconds)", to: "/proc/\(pid)/timens_offsets")
        case .setOOMScore(let score): try Files.writeValue("\(score)", to: "/proc/\(pid)/oom_score_adj")
        case .setLimit(let kind, let soft, let hard):
            try Processes.setLimit(of: pid, resource: kind.number, soft: soft, hard: hard)
        case .writePidFile(let path):
            try PidFile.write(pid, to: path)
            rollback.add { _ = try? Files.removeFile(path) }
        case .moveNetworkDevice(let name, let newName):
            let socket = try Processes.descriptor(launch.progress.listener, of: launch.processDescriptor)
            let inside = RouteSocket(owning: socket)
            let device = try MovedDevice(name, newName: newName, to: pid, inside: inside)
            rollback.add { device.moveBack() }
        default: break
        }
    }

    private func hint(_ step: HostStep, _ error: KernelError) -> String? {
        switch (step, error.errno) {
        case (.setLimit, .notPermitted): "raising a limit above veloci's own needs CAP_SYS_RESOURCE"
        case (.setOOMScore, .accessDenied): "lowering the score needs CAP_SYS_RESOURCE"
        case (.writeMappings, _): Mappings.hint(error)
        default: nil
        }
    }

    /// From here on other commands find the container.
    private func writeState(_ launch: Launch, _ directory: Int32) throws(Failure) {
        record.pid = launch.pid
        guard let startTime = Processes.startTime(of: launch.pid) else {
            throw Failure(.kernel, "the container's process ended before it was complete")
        }
        record.startTime = startTime
        try StateDirectory.write(record, at: directory, shown: runtime.root + "/" + record.id)
        if let socket = request.processSocket {
            do throws(KernelError) {
                let connection = try Sockets.connect(socket)
                try Sockets.send(Array("standard".utf8), descriptors: [launch.processDescriptor], over: connection.number)
            } catch {
                throw .kernel(error, "cannot send the process descriptor")
            }
        }
    }
}

/// The file that tells callers the pid.
enum PidFile {
    /// The decimal number and nothing else: callers read the whole file as a number. Renamed into place, because they poll;
    /// but a device such as /dev/null must not be replaced by a file.
    static func write(_ pid: Int32, to path: String) throws(KernelError) {
        let bytes = Array(String(pid).utf8)
        if let status = try? Files.status(of: path), status.kind == .characterDevice {
            return try Files.write(bytes, to: try Files.open(path, flags: 0o1), name: path)
        }
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { String(path[...$0]) } ?? ""
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let temporary = "\(directory).\(name)"
        _ = try? Files.removeFile(temporary)
        let file = try Files.open(temporary, flags: 0o1 | 0o100 | 0o200 | 0o400000, mode: 0o644)  // write, create, new, no link
        do throws(KernelError) {
            try Files.write(bytes, to: file, name: temporary)
            try Files.rename(temporary, to: path)
        } catch {
            _ = try? Files.removeFile(temporary)
            throw error
        }
    }
}

/// Hooks that follow the end of a container.
enum Poststop {
    /// SPEC(runtime.md#lifecycle): a failure is logged and the next hook runs.
    static func run(_ spec: Spec, _ record: ContainerRecord, _ runtime: Runtime) {
        let state = HookState.make(spec, request: PlanRequest(id: record.id, bundle: record.bundle), status: "stopped")
        for (index, hook) in (spec.hooks?.poststop ?? []).enumerated() {
            do throws(Failure) {
                try HostHooks.run(
                    hook, kind: .poststop, state: state.text(pid: 0), bundle: record.bundle,
                    path: JSONPath([.member("hooks"), .member("poststop"), .index(index)]))
            } catch {
                runtime.warn("\(error)")
            }
        }
    }
}
