internal import ByteText
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// The state of one container.
    public func state(_ id: String) throws(Failure) -> ContainerState {
        let container = try StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        return container.shown(try container.status())
    }

    /// The process of the container's configuration: what `exec` starts from.
    public func configuredProcess(_ id: String) throws(Failure) -> Process {
        let container = try StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        return try container.state.configuration().process ?? Process(user: User(uid: 0, gid: 0), cwd: "/")
    }

    /// All containers below the root, by id. Those whose state cannot be read are left out with a warning.
    public func list() throws(Failure) -> [ContainerState] {
        let names: [String]
        do throws(KernelError) {
            names = try Files.list(root)
        } catch where error.errno == .noEntry {
            return []
        } catch {
            throw .kernel(error, "cannot read the state root", hint: StateDirectory.hint(error))
        }
        var states: [ContainerState] = []
        for name in names.sortedByBytes() where !name.begins(with: ".") {
            guard let status = try? Files.status(of: root + "/" + name), status.kind == .directory else { continue }
            do throws(Failure) {
                states.append(try state(name))
            } catch where error.code == .notFound {
                continue  // deleted meanwhile
            } catch {
                warn("container \(name): \(error)")
            }
        }
        return states
    }
}
