internal import ByteText
internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// The id mappings of a user namespace (user_namespaces(7)).
enum Mappings {
    /// Writes both maps. A user without privileges maps one id, the own one; more of them are mapped by newuidmap(1) and
    /// newgidmap(1), which look into /etc/subuid and /etc/subgid.
    static func write(uid: [IDMapping], gid: [IDMapping], to pid: Int32) throws(KernelError) {
        if UserIdentity.hasEffectiveCapability(6) {  // CAP_SETGID
            try Files.writeValue(text(gid), to: "/proc/\(pid)/gid_map")
        } else if isOwn(gid, UserIdentity.effectiveGroupID) {
            // CVE-2014-8989: who could drop groups would get around permissions that a group is denied.
            try Files.writeValue("deny", to: "/proc/\(pid)/setgroups")
            try Files.writeValue(text(gid), to: "/proc/\(pid)/gid_map")
        } else {
            try runHelper("newgidmap", gid, pid)
        }
        if UserIdentity.hasEffectiveCapability(7) || isOwn(uid, UserIdentity.effectiveUserID) {  // CAP_SETUID
            try Files.writeValue(text(uid), to: "/proc/\(pid)/uid_map")
        } else {
            try runHelper("newuidmap", uid, pid)
        }
    }

    /// The ids of a user namespace that exists, by the file that stands for it; nil for one that cannot be looked into.
    static func read(namespace path: HostPath) -> OwnerMappings? {
        let parts = path.text.parts(at: "/")
        if path.text.begins(with: "/proc/"), parts.count == 4, parts[2] == "ns", parts[3] == "user", let pid = Int32(parts[1]) {
            return read(of: pid)
        }
        guard let namespace = try? Namespaces.open(.user, path),
            let inside = try? Placeholder(joining: namespace, name: path.text)
        else { return nil }
        defer { inside.end() }
        return read(of: inside.pid)
    }

    /// The ids of the user namespace that a process is in.
    static func read(of pid: Int32) -> OwnerMappings? {
        guard let users = try? Files.readText("/proc/\(pid)/uid_map"), let groups = try? Files.readText("/proc/\(pid)/gid_map")
        else { return nil }
        let mappings = OwnerMappings(uid: parsed(users), gid: parsed(groups))
        return mappings.uid.isEmpty || mappings.gid.isEmpty ? nil : mappings
    }

    private static func parsed(_ text: String) -> [IDMapping] {
        text.lines.compactMap { line in
            let numbers = line.words.compactMap { UInt32($0) }
            return numbers.count == 3 ? IDMapping(containerID: numbers[0], hostID: numbers[1], size: numbers[2]) : nil
        }
    }

    /// What to do about a refusal.
    static func hint(_ error: KernelError) -> String? {
        switch (error.call, error.errno) {
        case ("execve", .noEntry):
            "several ids are mapped by \(error.object): install the package uidmap, or map only your own id"
        case ("newuidmap", _), ("newgidmap", _):
            "give the user ids of its own: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"
        case (_, .notPermitted): "mapping ids other than one's own needs CAP_SETUID and CAP_SETGID"
        default: nil
        }
    }

    private static func isOwn(_ mappings: [IDMapping], _ id: UInt32) -> Bool {
        mappings.count == 1 && mappings[0].size == 1 && mappings[0].hostID == id
    }

    private static func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    /// Runs one of the two programs. They are found where they are installed and not by PATH: they are set-user-ID root.
    private static func runHelper(_ name: String, _ mappings: [IDMapping], _ pid: Int32) throws(KernelError) {
        let output = try MemoryFiles.readableFile(name: "veloci-" + name, "")
        var end: ProcessEnd?
        for directory in ["/usr/bin/", "/usr/local/bin/", "/bin/"] where end == nil {
            var request = SpawnRequest(
                path: directory + name,
                arguments: [name, String(pid)]
                    + mappings.flatMap { [String($0.containerID), String($0.hostID), String($0.size)] }, environment: [])
            request.standard = [nil, output.number, output.number]
            request.resetsSignals = true
            do throws(KernelError) {
                end = try Processes.run(request)
            } catch where error.errno == .noEntry {
                continue
            }
        }
        guard let end else { throw KernelError(.noEntry, call: "execve", object: name) }
        guard end != .exited(0) else { return }
        let text = (try? Files.readFromStart(output, name: name)) ?? []
        let line = String(decoding: text, as: UTF8.self).lines.map { $0.after(name + ": ") ?? $0 }.joined(separator: "; ")
        throw KernelError(.notPermitted, call: name, object: line)
    }
}
