internal import ByteText
internal import CLinux
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// The state of one container.
    public func state(_ id: String) throws(Failure) -> ContainerState {
        try ContainerID.check(id)
        if let root = try? Files.open(root, flags: [.path, .directory]),
            let shown = try ContainerFront(of: id, in: root.number, readsRecord: true)?.shown()
        {
            return shown
        }
        let container = try StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        return container.shown(try container.status())
    }

    /// The process of the container's configuration: what `exec` starts from.
    public func configuredProcess(_ id: String) throws(Failure) -> Spec.Process {
        try knownContainer(id).process
    }

    /// All containers below the root, by id. Those whose state cannot be read are left out with a warning.
    ///
    /// Shown as paused are those that `pause` stopped; `state` sees what others froze as well.
    public func list() throws(Failure) -> [ContainerState] {
        var states: [ContainerState] = []
        try visit { (id, root) throws(Failure) in
            let front = ContainerFront(of: id, in: root)
            if front == nil, !Self.isDirectory(id, in: root) { return }
            var shown = if let usual = try front?.shown() { usual } else { try state(id) }
            shown.ownerID = front?.ownerID ?? (try? Files.status(of: id, at: root))?.userID
            states.append(shown)
        }
        return states
    }

    /// The ids of all that `list` shows.
    package func ids() throws(Failure) -> [String] {
        var ids: [String] = []
        try visit { (id, root) throws(Failure) in
            if ContainerFront(of: id, in: root) == nil {
                if !Self.isDirectory(id, in: root) { return }
                _ = try state(id)
            }
            ids.append(id)
        }
        return ids
    }

    /// What is no directory is no container.
    private static func isDirectory(_ name: String, in root: Int32) -> Bool {
        (try? Files.status(of: name, at: root))?.kind == .directory
    }

    /// Calls `body` with each name below the root, and the root. A failure of one is a warning, and the others go on.
    private func visit(_ body: (String, Int32) throws(Failure) -> Void) throws(Failure) {
        guard let directory = try rootDirectory() else { return }
        let names: [String]
        do throws(KernelError) {
            names = try Files.list(".", at: directory.number)
        } catch {
            throw .kernel(error, "cannot read the state root", hint: StateDirectory.hint(error))
        }
        for name in names.sortedByBytes() where !name.begins(with: ".") {
            do throws(Failure) {
                try body(name, directory.number)
            } catch where error.code == .notFound {
                continue  // deleted meanwhile
            } catch {
                warn("container \(name): \(error)")
            }
        }
    }

    /// The state root, opened; nil when there is none yet.
    private func rootDirectory() throws(Failure) -> Descriptor? {
        do throws(KernelError) {
            return try Files.open(root, flags: .directory)
        } catch where error.errno == .noEntry {
            return nil
        } catch {
            throw .kernel(error, "cannot read the state root", hint: StateDirectory.hint(error))
        }
    }
}
