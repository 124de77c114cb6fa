internal import ByteText
internal import CLinux
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// The state of one container.
    public func state(_ id: String) throws(Failure) -> ContainerState {
        try ContainerID.check(id)
        let state = try StateDirectory.open(root: root, id: id, locking: false)
        if let shown = try ContainerFront(at: state.directory)?.shown() { return shown }
        let container = try StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        return container.shown(try container.status())
    }

    /// The process of the container's configuration: what `exec` starts from.
    public func configuredProcess(_ id: String) throws(Failure) -> Spec.Process {
        try knownContainer(id).process
    }

    /// All containers below the root, by id. Those whose state cannot be read are left out with a warning.
    public func list() throws(Failure) -> [ContainerState] {
        var states: [ContainerState] = []
        try visit { (id, directory) throws(Failure) in
            if var shown = try ContainerFront(at: directory)?.shown() {
                shown.ownerID = (try? Files.status(of: directory))?.userID
                states.append(shown)
            } else {
                states.append(try state(id))
            }
        }
        return states
    }

    /// The ids of all that `list` shows.
    package func ids() throws(Failure) -> [String] {
        var ids: [String] = []
        try visit { (id, directory) throws(Failure) in
            if let front = ContainerFront(at: directory) { ids.append(front.id) } else { ids.append(try state(id).id) }
        }
        return ids
    }

    /// Calls `body` with each directory below the root, by name. A failure of one is a warning, and the others go on.
    private func visit(_ body: (String, borrowing Descriptor) throws(Failure) -> Void) throws(Failure) {
        guard let directory = try rootDirectory() else { return }
        let names: [String]
        do throws(KernelError) {
            names = try Files.list(".", at: directory.number)
        } catch {
            throw .kernel(error, "cannot read the state root", hint: StateDirectory.hint(error))
        }
        for name in names.sortedByBytes() where !name.begins(with: ".") {
            // What is no directory, or is one no more, is no container.
            let flags: OpenFlags = [.path, .directory, .noFollow]
            guard let own = try? Files.open(name, flags: flags, at: directory.number) else { continue }
            do throws(Failure) {
                try body(name, own)
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
