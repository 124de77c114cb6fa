internal import ByteText
internal import CLinux
internal import LinuxKernel
internal import RuntimeSpec

/// The directory of one container below the runtime's root: `state.json`, `config.json`, the start pipe and the stage's
/// progress page. Holding its lock keeps every other command that changes the container out.
final class StateDirectory {
    let path: String
    let directory: Descriptor
    var number: Int32 { directory.number }

    static let stateFile = "state.json"
    /// The record as it was before the control group was made, under a second name: it tells where the processes of the
    /// container are when somebody destroyed the other.
    static let journalFile = "journal.json"
    static let configurationFile = "config.json"
    static let progressFile = "progress"
    static let startPipe = "start"
    static let startedPipe = "started"

    private init(path: String, directory: consuming Descriptor) {
        self.path = path
        self.directory = directory
    }

    private static let rootHint = "choose another state root"

    /// Makes the directory and takes its lock. Nobody else has business in it: not in the records, and not with the sockets.
    static func make(root: String, id: String) throws(Failure) -> StateDirectory {
        let path = root.path(to: id)
        do throws(KernelError) {
            try Files.makeDirectories(root, mode: 0o700)
        } catch {
            throw .kernel(error, "cannot make the state root", hint: rootHint)
        }
        while true {
            do throws(KernelError) {
                try Files.makeDirectory(path, mode: 0o700)
                guard let directory = try openNew(path) else { continue }
                return StateDirectory(path: path, directory: directory)
            } catch where error.errno == .exists {
                throw Failure(.exists, "container with given ID already exists")
            } catch where error.errno == .noEntry && (try? Files.status(of: root, followingLink: true)) != nil {
                continue
            } catch {
                throw .kernel(
                    error, "cannot make the state directory", hint: error.errno == .accessDenied ? rootHint : nil)
            }
        }
    }

    /// Opens and locks the directory that was made just now; nil when it was taken away meanwhile. What cannot be opened is
    /// removed: nobody else would do it.
    private static func openNew(_ path: String) throws(KernelError) -> Descriptor? {
        do throws(KernelError) {
            let directory = try openLocked(path)
            // Before it was locked, somebody's `delete --force` may have found it empty and removed it.
            guard try isStill(directory, at: path) else { return nil }
            // Or it was removed, and what was opened is what another creation made then, and finished.
            guard try Files.list(path).isEmpty else { throw KernelError(.exists, call: "mkdir", object: path) }
            return directory
        } catch {
            if error.errno != .noEntry && error.errno != .exists { _ = try? Files.removeDirectory(path) }
            throw error
        }
    }

    private static func isStill(_ directory: borrowing Descriptor, at path: String) throws(KernelError) -> Bool {
        let opened = try Files.status(of: directory)
        return try Files.status(of: path).inode == opened.inode
    }

    /// Opens the directory of a container that exists; with `locking`, waits until no other command changes it.
    static func open(root: String, id: String, locking: Bool) throws(Failure) -> StateDirectory {
        let path = root.path(to: id)
        while true {
            let directory = try openExisting(path, locking: locking)
            guard locking else { return StateDirectory(path: path, directory: directory) }
            // While we waited the directory may have been deleted, and even made again.
            guard let opened = try? Files.status(of: directory), let now = try? Files.status(of: path) else {
                throw .doesNotExist(path)
            }
            if opened.inode == now.inode { return StateDirectory(path: path, directory: directory) }
        }
    }

    private static func openExisting(_ path: String, locking: Bool) throws(Failure) -> Descriptor {
        do throws(KernelError) {
            return try locking ? openLocked(path) : Files.open(path, flags: [.directory, .noFollow])
        } catch where error.errno == .noEntry {
            throw .doesNotExist(path)
        } catch {
            throw .kernel(error, "cannot open the state of the container", hint: Self.hint(error))
        }
    }

    /// What to do about a root that is another user's: containers belong to who made them.
    static func hint(_ error: KernelError) -> String? {
        guard error.errno == .accessDenied else { return nil }
        return "containers of root are for root alone: use sudo, or another root directory"
    }

    private static func openLocked(_ path: String) throws(KernelError) -> Descriptor {
        let directory = try Files.open(path, flags: [.directory, .noFollow])
        try Files.lock(directory)
        return directory
    }

    /// Whether some other command holds the lock now.
    var isLocked: Bool {
        guard let other = try? Files.open(path, flags: [.directory, .noFollow]) else { return false }
        do throws(KernelError) {
            try Files.lock(other, shared: true, waiting: false)
            return false
        } catch {
            return error.errno == .again
        }
    }

    /// Lets other commands change the container.
    func unlock() {
        _ = try? Files.unlock(directory)
    }

    /// Takes the lock, again or still. False when the directory is not the container's any more.
    func lockAgain() -> Bool {
        do throws(KernelError) {
            try Files.lock(directory)
            return try Self.isStill(directory, at: path)
        } catch {
            return false
        }
    }

    /// The record; nil if there is none that can be read.
    /// - Parameter forgets: whether control groups are left out that are others' by now. Each is looked at for that: no need
    ///   where nothing is done to them.
    func record(forgettingOthersGroups forgets: Bool = true) -> ContainerRecord? {
        record(Self.stateFile, forgettingOthersGroups: forgets)
    }

    /// The record, nil if it cannot be read, and whether somebody is still making the container. As long as who makes it has
    /// written nothing, there is none.
    func currentRecord(
        holdingLock isOurs: Bool, forgettingOthersGroups forgets: Bool
    ) throws(Failure) -> (record: ContainerRecord?, isBeingMade: Bool) {
        if let record = record(forgettingOthersGroups: forgets), record.process != nil { return (record, false) }
        // The lock first and then the record again, so that whoever finished in between is seen.
        let isBeingMade = !isOurs && isLocked
        let current = record(forgettingOthersGroups: forgets)
        if isBeingMade, current == nil, (try? Files.status(of: Self.stateFile, at: number)) == nil { throw .doesNotExist(path) }
        return (current, isBeingMade && current != nil && current?.process == nil)
    }

    /// The record of the time before the control group was made.
    func journal() -> ContainerRecord? { record(Self.journalFile, forgettingOthersGroups: true) }

    private func record(_ file: String, forgettingOthersGroups forgets: Bool) -> ContainerRecord? {
        guard let bytes = try? Self.readFile(file, at: number) else { return nil }
        var record = ContainerRecord(bytes)
        // A record that came from another container's directory tells of what is not this one's.
        guard path.ends(with: "/" + (record?.id ?? "")) else { return nil }
        record?.forgetWhatEndedWithTheMachine()
        if forgets { record?.forgetOthersGroups() }
        return record
    }

    /// Writes the first record, before anything is made that it tells of. The next one takes its place under one name only.
    func begin(_ record: ContainerRecord) throws(Failure) {
        try write(record)
        do throws(KernelError) {
            try Files.link(Self.stateFile, to: Self.journalFile, at: number)
        } catch {
            throw .kernel(error, "cannot write the container's state")
        }
    }

    /// Whether a process of the container may ever have been in its control group: the page is made before the process and
    /// after the group.
    var hadProcess: Bool { (try? Files.status(of: Self.progressFile, at: number)) != nil }

    /// Whether there is a record, readable or not.
    var hasRecords: Bool { [Self.stateFile, Self.journalFile].contains { (try? Files.status(of: $0, at: number)) != nil } }

    /// Writes the record beside the old one and puts it in its place, so that there is always a whole one.
    func write(_ record: ContainerRecord) throws(Failure) {
        try Self.write(record, at: number, shown: path)
    }

    static func write(_ record: ContainerRecord, at directory: Int32, shown path: String) throws(Failure) {
        try write(record.encoded, to: stateFile, at: directory, shown: path)
    }

    /// The configuration as it was when the container was made; later changes of the bundle have no effect.
    func configuration() throws(Failure) -> ValidatedSpec {
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try Self.readFile(Self.configurationFile, at: number)
        } catch {
            throw .kernel(error, "cannot read the container's configuration")
        }
        do throws(DecodingFailure) {
            return try ValidatedSpec(kept: bytes)
        } catch {
            throw Failure(error.diagnostics)
        }
    }

    /// Reads what veloci wrote. Nobody is waited for who put a FIFO in its place: it is empty, or has nothing ready.
    static func readFile(_ name: String, at directory: Int32) throws(KernelError) -> [UInt8] {
        let file = try Files.open(name, flags: [.nonBlocking, .noFollow], at: directory)
        return try Files.read(file, name: name, endsShort: true, expected: 16384)
    }

    func write(_ bytes: [UInt8], to name: String) throws(Failure) {
        try Self.write(bytes, to: name, at: number, shown: path)
    }

    private static func write(_ bytes: [UInt8], to name: String, at number: Int32, shown path: String) throws(Failure) {
        let temporary = "." + name
        do throws(KernelError) {
            let file = try Files.open(temporary, flags: [.writeOnly, .create, .truncate, .noFollow], mode: 0o600, at: number)
            try Files.write(bytes, to: file, name: path.path(to: name))
            try Files.synchronize(file)
            try Files.rename(temporary, to: name, at: number)
        } catch {
            _ = try? Files.removeFile(temporary, at: number)
            throw .kernel(error, "cannot write the container's state")
        }
    }

    /// Removes the directory and the files in it.
    func remove() throws(Failure) {
        do throws(KernelError) {
            // What is attached for CRIU while it restores is not ours to remove.
            try RestoreRoom.detach(in: number)
            // The records first: what tells of a control group must not outlive what tells whether it is ours.
            let records = [Self.stateFile, Self.journalFile]
            let names = try Files.names(in: path)
            for record in records { for name in names where name.text == record { try remove(name) } }
            for name in names where !records.contains(name.text) { try remove(name) }
            try Files.removeDirectory(path)
        } catch where error.errno == .noEntry {
            return
        } catch {
            throw .kernel(error, "cannot remove the container's state")
        }
    }

    private func remove(_ name: FileName) throws(KernelError) { try Self.remove(name, at: number, depth: 0) }

    /// Removes a file, or a directory with what somebody put into it. Links are removed, not followed.
    private static func remove(_ name: FileName, at directory: Int32, depth: Int) throws(KernelError) {
        do throws(KernelError) {
            try Files.removeFile(name, at: directory)
        } catch where error.errno.name == "EISDIR" && depth < 32 {
            do {
                let inner = try Files.open(name, flags: [.directory, .noFollow], at: directory)
                // Nothing in here is a mount of ours any more; whosever it is, what lies on it stays.
                guard try Mounts.identifier(of: inner) == Mounts.identifier(number: directory) else {
                    throw KernelError(.busy, call: "remove a mount", object: name.text)
                }
                for child in try Files.names(in: ".", at: inner.number) {
                    try remove(child, at: inner.number, depth: depth + 1)
                }
            }
            try Files.removeDirectory(name, at: directory)
        }
    }
}

/// The names that containers may have.
enum ContainerID {
    /// RUNC: letters, digits, `_`, `+`, `-` and `.`, but not `.` and `..` alone; the id becomes a file name.
    static func check(_ id: String) throws(Failure) {
        let isValid = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isValid, !id.isEmpty, id != ".", id != "..", id.utf8.count <= 1024 else {
            throw Failure(
                .invalidArgument, "invalid container ID format", hint: "use letters, digits and _ + - . and not . or .. alone")
        }
    }
}
