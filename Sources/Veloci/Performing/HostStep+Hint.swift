internal import ContainerPlan
internal import LinuxKernel

extension HostStep {
    /// What to do about a refusal of the kernel.
    func hint(_ error: KernelError) -> String? {
        switch (self, error.errno) {
        case (.openTree(let path, _, _, _, _, _), .noEntry):
            "bind sources are paths on the host; create \(path) or fix config.json"
        case (.openRoot(let path, _, _), .noEntry): "the root of the container is \(path); unpack it there or fix config.json"
        case (.openTree(_, _, _, _, .some, _), .invalidArgument), (.makeTree(_, _, _, .some, _, _), .invalidArgument):
            "the file system does not support mapped ids on this kernel"
        case (.setLimit, .notPermitted): "raising a limit above veloci's own needs CAP_SYS_RESOURCE"
        case (.setOOMScore, .accessDenied): "lowering the score needs CAP_SYS_RESOURCE"
        case (.writeMappings, _): Mappings.hint(error)
        case (.cloneProcess, .again) where error.call == "clone3":
            "the limit of processes is reached: look at pids.max of the control group and RLIMIT_NPROC"
        case (.cloneProcess, .notPermitted) where error.call == "clone3":
            "making namespaces needs root, or a user namespace in linux.namespaces"
        case (.cloneProcess, .noSpace) where error.call == "clone3": "the limit of namespaces is reached: look at /proc/sys/user"
        default: nil
        }
    }
}
