extension Spec {
    /// The same configuration with empty texts and lists where members are absent, for readers that demand them, such as the
    /// `Spec` of apple/containerization. Empty and absent mean the same in all of these; a hook's environment, where they do
    /// not, stays as it is.
    public var complete: Spec {
        var spec = self
        spec.hooks = hooks.map { $0.complete }
        spec.linux = linux.map { $0.complete }
        return spec
    }
}

extension Hooks {
    fileprivate var complete: Hooks {
        var hooks = self
        hooks.prestart = Hook.complete(prestart)
        hooks.createRuntime = Hook.complete(createRuntime)
        hooks.createContainer = Hook.complete(createContainer)
        hooks.startContainer = Hook.complete(startContainer)
        hooks.poststart = Hook.complete(poststart)
        hooks.poststop = Hook.complete(poststop)
        return hooks
    }
}

extension Hook {
    fileprivate static func complete(_ hooks: [Hook]?) -> [Hook] {
        (hooks ?? []).map { hook in
            var hook = hook
            if hook.args == nil { hook.args = [] }
            return hook
        }
    }
}

extension Linux {
    fileprivate var complete: Linux {
        var linux = self
        linux.namespaces = namespaces.map { namespaces in namespaces.map { Namespace(copying: $0) } }
        linux.resources = resources.map { $0.complete }
        linux.seccomp = seccomp.map { $0.complete }
        if linux.personality != nil, linux.personality?.flags == nil { linux.personality?.flags = [] }
        return linux
    }
}

extension Namespace {
    /// With the path "", which is a new namespace, where there is none.
    fileprivate init(copying other: Namespace) {
        self = other
        path = other.path ?? ""
    }
}

extension Resources {
    fileprivate var complete: Resources {
        var resources = self
        resources.devices = (devices ?? []).map { device in
            var device = device
            // Devices of both kinds.
            if device.type == nil { device.type = "a" }
            return device
        }
        if hugepageLimits == nil { resources.hugepageLimits = [] }
        if let cpu {
            resources.cpu?.cpus = cpu.cpus ?? ""
            resources.cpu?.mems = cpu.mems ?? ""
        }
        if let network { resources.network?.priorities = network.priorities ?? [] }
        if let blockIO {
            resources.blockIO?.weightDevice = blockIO.weightDevice ?? []
            resources.blockIO?.throttleReadBpsDevice = blockIO.throttleReadBpsDevice ?? []
            resources.blockIO?.throttleWriteBpsDevice = blockIO.throttleWriteBpsDevice ?? []
            resources.blockIO?.throttleReadIOPSDevice = blockIO.throttleReadIOPSDevice ?? []
            resources.blockIO?.throttleWriteIOPSDevice = blockIO.throttleWriteIOPSDevice ?? []
        }
        return resources
    }
}

extension SeccompProfile {
    fileprivate var complete: SeccompProfile {
        var profile = self
        if architectures == nil { profile.architectures = [] }
        // RUNC: absent is not the same as empty here.
        if flags == nil { profile.flags = [SeccompFlag.speculationAllowed.rawValue] }
        profile.listenerPath = listenerPath ?? ""
        profile.listenerMetadata = listenerMetadata ?? ""
        profile.syscalls = (syscalls ?? []).map { call in
            var call = call
            call.args = (call.args ?? []).map { argument in
                var argument = argument
                argument.valueTwo = argument.valueTwo ?? 0
                return argument
            }
            return call
        }
        return profile
    }
}
