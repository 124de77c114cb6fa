internal import ByteText
internal import LinuxKernel

/// Reading and writing the files of one group, with what a failure needs to say.
struct GroupFiles {
    let directory: String

    init(_ directory: String) {
        self.directory = directory
    }

    init(_ location: CgroupLocation) {
        directory = location.directory
    }

    func path(_ file: String) -> String { directory.path(to: file) }

    /// The content without the newline at its end.
    func read(_ file: String) throws(KernelError) -> String {
        try Files.readValue(path(file)).trimmed
    }

    /// The content, or nil when there is no such file, or it cannot be read.
    func readIfPresent(_ file: String) -> String? {
        try? read(file)
    }

    func number(_ file: String) -> UInt64? {
        readIfPresent(file).flatMap { UInt64($0) }
    }

    func write(_ value: String, to file: String) throws(KernelError) {
        try Files.writeValue(value, to: path(file))
    }

    /// A value of a file with `key value` lines.
    func value(_ key: String, in file: String) -> String? {
        guard let text = readIfPresent(file) else { return nil }
        for line in text.lines {
            let fields = line.words
            if fields.count == 2, fields[0] == key { return fields[1] }
        }
        return nil
    }

    var exists: Bool { (try? Files.status(of: directory))?.kind == .directory }

    /// Whether the directory is in a control group file system: nothing else is ever removed or written.
    /// - Throws: what keeps that from being seen; a directory that is gone is none.
    func isControlGroup() throws(KernelError) -> Bool {
        do throws(KernelError) {
            let magic = try FileSystems.magic(of: directory)
            return magic == FileSystems.cgroup || magic == FileSystems.cgroup2
        } catch where error.meansGone || error.errno == .notDirectory {
            return false
        }
    }
}

extension KernelError {
    /// The group went away meanwhile.
    var meansGone: Bool { errno == .noEntry || errno == .noSuchDevice }

    /// The caller may not do it, or nobody may (EROFS).
    var meansForbidden: Bool { errno == .accessDenied || errno == .notPermitted || errno.name == "EROFS" }
}
