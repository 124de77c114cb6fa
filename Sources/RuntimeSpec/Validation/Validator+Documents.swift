// The documents besides the configuration.

extension Validator {
    mutating func state(_ state: State) {
        version(state.ociVersion, section: "runtime.md#state")
        section = "runtime.md#state"
        member("id") { if state.id.isEmpty { $0.must("is missing or empty; an id is required") } }
        let status = ContainerStatus(rawValue: state.status)
        member("status") {
            if state.status.isEmpty { $0.must("is missing or empty; creating, created, running and stopped are allowed") }
            if status == nil, !state.status.isEmpty {
                $0.should("\($0.quoted(state.status)) is a state that other runtimes do not know")
            }
        }
        member("pid") {
            if let pid = state.pid {
                if pid < 0 { $0.must("\(pid) is no process id; 0 or more is allowed") }
                if pid == 0, status == .created || status == .running {
                    $0.must("0 is no process; a \(state.status) container has one")
                }
            } else if status == .created || status == .running {
                $0.must("is missing; a \(state.status) container has a process")
            }
        }
        member("bundle") { $0.absolutePath(state.bundle) }
        annotations(state.annotations)
    }

    mutating func containerProcessState(_ processState: ContainerProcessState) {
        version(processState.ociVersion, section: "config-linux.md#containerprocessstate")
        section = "config-linux.md#containerprocessstate"
        member("pid") { if processState.pid <= 0 { $0.must("\(processState.pid) is no process id; 1 or more is required") } }
        member("state") { $0.state(processState.state) }
    }

    mutating func features(_ features: Features) {
        version(features.ociVersionMin, name: "ociVersionMin", section: "features.md#specification-version")
        version(features.ociVersionMax, name: "ociVersionMax", section: "features.md#specification-version")
        if let lowest = SemanticVersion(features.ociVersionMin), let highest = SemanticVersion(features.ociVersionMax),
            highest < lowest
        {
            member("ociVersionMin") {
                $0.must("\($0.quoted(features.ociVersionMin)) is above ociVersionMax; at most that version is allowed")
            }
        }
        for (name, list) in [
            ("hooks", features.hooks), ("mountOptions", features.mountOptions),
            ("potentiallyUnsafeConfigAnnotations", features.potentiallyUnsafeConfigAnnotations),
        ] {
            unique(name, list)
        }
        annotations(features.annotations)
        section = "features-linux.md"
        member("linux", features.linux) { validator, linux in
            validator.unique("namespaces", linux.namespaces)
            validator.unique("capabilities", linux.capabilities)
            validator.member("seccomp", linux.seccomp) { validator, seccomp in
                validator.unique("actions", seccomp.actions)
                validator.unique("operators", seccomp.operators)
                validator.unique("archs", seccomp.archs)
                validator.unique("knownFlags", seccomp.knownFlags)
                if let known = seccomp.knownFlags {
                    validator.elements("supportedFlags", seccomp.supportedFlags) {
                        if !known.contains($1) { $0.should("\($0.quoted($1)) is not in knownFlags, where it is expected") }
                    }
                }
            }
        }
    }

    private mutating func unique(_ name: String, _ list: [String]?) {
        var seen: Set<String> = []
        elements(name, list) { if !seen.insert($1).inserted { $0.should("\($0.quoted($1)) is listed twice; once is enough") } }
    }
}
