internal import CLinux
internal import LinuxKernel
internal import StageImage

/// The stage as a file that is executed.
///
/// A new one for each launch: what a container could reach of it is a copy that nobody can change, never the host's binary
/// (CVE-2019-5736).
enum StageFile {
    private static let name = "veloci-stage"

    /// Starts the stage from a sealed file in memory.
    ///
    /// A host may forbid that such files are executed (vm.memfd_noexec, a security module). Then it is a file on a read-only
    /// file system that is mounted nowhere, and for who may not mount one a file without a name in a directory of ours.
    ///
    /// - Parameter directory: where nobody else may write; nil when there is none.
    static func spawn(_ request: SpawnRequest, directory: String?) throws(KernelError) -> (pid: Int32, descriptor: Int32) {
        do throws(KernelError) {
            return try spawn(request, try inMemory())
        } catch where isForbidden(error) {
            return try spawn(request, try onDisk(directory, error))
        }
    }

    private static func spawn(
        _ request: SpawnRequest, _ file: consuming Descriptor
    ) throws(KernelError) -> (pid: Int32, descriptor: Int32) {
        var request = request
        request.path = name
        request.program = file.number
        return try Processes.spawn(request)
    }

    /// Entering a control group may be forbidden too, which is another matter.
    private static func isForbidden(_ error: KernelError) -> Bool {
        error.errno == .accessDenied && (error.call == "memfd_create" || error.call == "execve")
    }

    private static func inMemory() throws(KernelError) -> Descriptor {
        var made: Result<Int32, KernelError> = .success(-1)
        unsafe StageImage.withBytes { bytes in
            do throws(KernelError) {
                made = .success(try unsafe MemoryFiles.sealedFile(name: name, executable: true, bytes).release())
            } catch {
                made = .failure(error)
            }
        }
        return Descriptor(owning: try made.get())
    }

    private static func onDisk(_ directory: String?, _ refusal: KernelError) throws(KernelError) -> Descriptor {
        do throws(KernelError) {
            return try mountedNowhere()
        } catch where error.errno == .notPermitted {
            guard let directory else { throw refusal }
            return try withoutName(in: directory)
        }
    }

    private static func mountedNowhere() throws(KernelError) -> Descriptor {
        // The directory, the file, and what a label of SELinux takes.
        let mount = try Mounts.make(
            type: "tmpfs", source: name, options: ["mode=700", "nr_inodes=3"],
            attributes: UInt64(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV))
        try fill(try Files.open(name, flags: [.writeOnly, .create, .exclusive], mode: 0o500, at: mount.number))
        try Mounts.setAttributes(of: mount, set: UInt64(MOUNT_ATTR_RDONLY), recursive: false, name: name)
        return try Files.open(name, at: mount.number)
    }

    private static func withoutName(in directory: String) throws(KernelError) -> Descriptor {
        let file = try Files.open(directory, flags: [.readWrite, .temporaryFile], mode: 0o500)
        // KERNEL: what is open for writing is not executed.
        let readable = try Files.open("/proc/self/fd/\(file.number)")
        try fill(file)
        return readable
    }

    /// Writes the stage into the file, and closes it.
    private static func fill(_ file: consuming Descriptor) throws(KernelError) {
        let number = file.number
        var failure: KernelError?
        unsafe StageImage.withBytes { bytes in
            var written = 0
            do throws(KernelError) {
                while written < bytes.count {
                    unsafe written += try systemCall(
                        __NR_write, "write", on: name, UInt64(descriptor: number),
                        UInt64(address: bytes.baseAddress?.advanced(by: written)), UInt64(bytes.count - written))
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
