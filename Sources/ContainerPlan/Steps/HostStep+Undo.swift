extension HostStep {
    /// What takes the step back when a later one fails or the container is deleted, or why nothing has to.
    ///
    /// Tests look at every golden plan's host steps; a new case does not compile without its answer.
    public var undo: StepUndo {
        switch self {
        case .makeStateDirectory: .by([.removeStateDirectory])
        case .writeRecord, .keepConfiguration, .makeNotifyDirectory, .listenForReadiness, .makeStartPipe, .makeProgressPage,
            .recordProcess:
            .nothing(because: "it goes with the state directory")
        case .holdUnit, .releaseUnit: .nothing(because: "the process that holds the unit ends with the caller")
        case .startUnit(let request): .by([.stopUnit(name: request.name, isOfUser: request.isOfUser)])
        case .makeControlGroup(let request): .by([.removeControlGroup(request.directories)])
        case .limit, .giveControlGroup: .nothing(because: "it goes with the control group")
        case .tellUnit: .nothing(because: "it goes with the unit")
        case .makeCacheGroup: .by([.removeCacheGroups])
        case .joinCacheGroup, .moveIntoUnit: .nothing(because: "the process that joined ends")
        case .openRoot, .openTree, .makeTree, .makeDeviceNodes, .openControlGroupTree:
            .nothing(because: "a mount that is attached nowhere goes with its last descriptor")
        case .raiseOpenFileLimit: .nothing(because: "it is lowered again with the table of descriptors")
        case .openControlGroupTasks, .openNamespace, .openContainerProcess, .connectConsole, .receiveTerminal:
            .nothing(because: "the descriptor is closed with the table of descriptors")
        case .attachRoot(_, let path): .by([.detachRoot(at: path)])
        case .cloneProcess, .startRestorer: .by([.endProcess])
        case .shareImages: .nothing(because: "the images are what is restored again")
        case .bindRoot: .by([.detachRestorePlace])
        case .makeMountPoints, .attachDevices: .nothing(because: "it goes with the root that was attached for CRIU")
        case .restoreProcesses: .nothing(because: "they end with CRIU, or with the container's process")
        case .makeImageDirectory, .noteStreams: .nothing(because: "what is there tells why the images are not whole")
        case .dumpProcesses(let order):
            order.isPaused ? .nothing(because: "the container was paused before") : .by([.thaw])
        case .deleteContainer: .nothing(because: "the images are the container now")
        case .detachRestorePlace: .nothing(because: "it is what takes others back")
        case .noteRunning: .nothing(because: "it goes with the state directory")
        case .writeMappings, .writeTimeOffset, .setNetworkControl: .nothing(because: "it goes with the namespace")
        case .moveNetworkDevice(let name, _): .by([.moveDeviceBack(name)])
        case .setOOMScore, .setLimit: .nothing(because: "it goes with the process")
        case .callHost: .nothing(because: "the host program is told of the failure")
        case .runHook: .nothing(because: "the poststop hooks answer, when the process has ended")
        case .sendListener, .sendProcessDescriptor: .nothing(because: "the receiver sees the end of the process")
        case .writePidFile(let path): .by([.removePidFile(path)])
        case .passOnReadiness: .nothing(because: "the service manager sees the end of the process")
        }
    }
}
