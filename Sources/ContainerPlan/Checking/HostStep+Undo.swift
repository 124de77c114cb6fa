extension HostStep {
    /// What takes the step back when a later one fails or the container is deleted, or why nothing has to.
    ///
    /// Tests look at every golden plan's host steps; a new case does not compile without its answer.
    package var undo: String {
        switch self {
        case .makeStateDirectory: "remove the state directory"
        case .makeControlGroup: "kill what is in the control group and remove it"
        case .limit: "nothing: it goes with the control group"
        case .openRoot, .openTree, .makeTree, .openControlGroupTree:
            "nothing: a mount that is attached nowhere goes with its last descriptor"
        case .openControlGroupTasks, .openNamespace, .openContainerProcess, .connectConsole:
            "nothing: the descriptor is closed with the table of descriptors"
        case .makeStartPipe: "nothing: the pipes go with the state directory"
        case .attachRoot: "detach it, with all that was mounted on it"
        case .cloneProcess: "kill the process and wait for it"
        case .writeMappings, .writeTimeOffset: "nothing: it goes with the namespace"
        case .moveNetworkDevice:
            "move it back; once the container exists nothing: devices of hardware return at its end, others end with it"
        case .setOOMScore, .setLimit: "nothing: it goes with the process"
        case .runHook: "run the poststop hooks"
        case .sendListener: "nothing: the receiver sees the end of the last process"
        case .writeState: "remove the state directory"
        case .writePidFile: "nothing: the caller gave the file and reads an error instead"
        case .joinCacheControl: "remove the cache control group if it was made for the container"
        }
    }
}
