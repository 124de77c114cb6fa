internal import RuntimeSpec
internal import Veloci

extension Invocation {
    /// What `exec` and `plan --process` ask the library for, by the flags that they share.
    func executeRequest(_ process: Spec.Process) throws(CommandFailure) -> ExecuteRequest {
        var request = ExecuteRequest(id: try id, process: process)
        request.consoleSocket = flags.textUnlessEmpty(.consoleSocket)
        request.processSocket = flags.textUnlessEmpty(.pidfdSocket)
        request.pidFile = flags.textUnlessEmpty(.pidFile)
        request.passing = try InheritedDescriptors.preserved(flags)
        request.streams = .inherited
        return request
    }
}
