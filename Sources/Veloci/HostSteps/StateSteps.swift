internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

// What other commands, and callers, know a container by.
extension Performer {
    func makeStateDirectory() throws(Failure) {
        effects.state = try StateDirectory.make(root: runtime.root, id: subject.record.id)
    }

    func writeRecord() throws(Failure) {
        try state().begin(effects.record)
    }

    func keepConfiguration() throws(Failure) {
        try state().write(subject.configuration, to: StateDirectory.configurationFile)
    }

    /// From here on other commands find the container.
    func recordProcess() throws(Failure) {
        let (pid, descriptor) = (try child().pid, try child().descriptor)
        guard let startTime = Processes.startTime(of: pid) else {
            throw Failure(.kernel, "the container's process ended before it was complete")
        }
        effects.record.process = ContainerRecord.FirstProcess(
            pid: pid, startTime: startTime, identity: Processes.identity(ofNumber: descriptor))
        effects.record.identifyGroups()
        try state().write(effects.record)
        let front = effects.record.encodedFront
        try kernel { () throws(KernelError) in try effects.progress?.add(front) }
    }

    func sendProcessDescriptor(to path: HostPath) throws(Failure) {
        let descriptor = try child().descriptor
        let isFirst = subject.status == .creating
        try kernel { () throws(KernelError) in
            let connection = try Sockets.connect(path.text)
            try Sockets.send(Array((isFirst ? "standard" : "setns").utf8), descriptors: [descriptor], over: connection.number)
        }
    }

    func writePidFile(_ path: HostPath) throws(Failure) {
        let pid = try child().pid
        effects.earlierPidFile = try kernel { () throws(KernelError) in try PidFile.write(pid, to: path.text) }
    }

    func listenForReadiness() throws(Failure) {
        effects.notification = try Notification(state: state().number, manager: request.notifySocket ?? "")
    }

    func passOnReadiness() throws(Failure) {
        guard let notification = effects.notification else { return }
        // Others may look at the container and end it while the program takes its time.
        effects.state?.unlock()
        if let stage = effects.stage { return try notification.wait(for: stage.processDescriptor, pid: stage.pid) }
        // Of a program that has ended nothing more will come.
        guard let recorded = effects.record.process, let process = try? effects.record.openProcess() else { return }
        try notification.wait(for: process.number, pid: recorded.pid)
    }
}
