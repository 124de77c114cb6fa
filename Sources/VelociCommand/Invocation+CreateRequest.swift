internal import Veloci

extension Invocation {
    /// What `create`, `run` and `plan` ask the library for, by the flags that they share.
    func createRequest(id: String) throws(CommandFailure) -> CreateRequest {
        var request = CreateRequest(id: id, bundle: try GlobalOptions.absolute(flags.text(.bundle)))
        request.consoleSocket = flags.textUnlessEmpty(.consoleSocket)
        request.processSocket = flags.textUnlessEmpty(.pidfdSocket)
        request.pidFile = flags.textUnlessEmpty(.pidFile)
        request.usesPivotRoot = !flags.bool(.noPivot)
        request.makesSessionKeyring = !flags.bool(.noNewKeyring)
        request.listenDescriptors = InheritedDescriptors.listening(environment)
        request.passing = try InheritedDescriptors.preserved(flags, after: request.listenDescriptors)
        request.streams = .inherited
        request.notifySocket = notifySocket
        return request
    }
}
