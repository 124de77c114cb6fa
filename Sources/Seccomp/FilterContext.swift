internal import CLinux
internal import CSeccomp

/// A filter under construction in libseccomp. The corresponding C type is `scmp_filter_ctx`.
///
/// Methods return libseccomp's result: 0, or a negative errno.
@safe struct FilterContext: ~Copyable {
    private let context: scmp_filter_ctx

    /// The corresponding C function is `seccomp_init`. Nil when libseccomp refuses the action.
    init?(defaultAction: UInt32) {
        // libseccomp otherwise asks the kernel what it can, one system call per flag and action. All of level 6 is
        // older than the kernel that this runtime needs; without the questions a filter depends on nothing but the profile.
        _ = seccomp_api_set(6)
        guard let context = unsafe seccomp_init(defaultAction) else { return nil }
        unsafe self.context = context
    }

    deinit {
        unsafe seccomp_release(context)
    }

    borrowing func add(architecture: UInt32) -> Int32 {
        let result = unsafe seccomp_arch_add(context, architecture)
        return result == -EEXIST ? 0 : result
    }

    /// Leaves the machine's own architecture out, which every filter has at first.
    borrowing func removeNativeArchitecture() -> Int32 { unsafe seccomp_arch_remove(context, seccomp_arch_native()) }

    borrowing func set(_ attribute: scmp_filter_attr, _ value: UInt32) -> Int32 {
        unsafe seccomp_attr_set(context, attribute, value)
    }

    borrowing func add(action: UInt32, systemCall: Int32, conditions: [scmp_arg_cmp]) -> Int32 {
        unsafe conditions.withUnsafeBufferPointer { buffer in
            unsafe seccomp_rule_add_array(context, action, systemCall, UInt32(buffer.count), buffer.baseAddress)
        }
    }

    /// Generates the program. The corresponding C function is `seccomp_export_bpf`, which wants a file: memory here,
    /// for a pipe's buffer can be as small as one page, half of the largest program.
    ///
    /// - Throws: the errno of the call that failed.
    borrowing func export() throws(ExportFailure) -> [SockFilter] {
        let memory = try Self.makeMemoryFile()
        defer { _ = linux_system_call(Int64(__NR_close), UInt64(memory), 0, 0, 0, 0, 0) }
        let result = unsafe seccomp_export_bpf(context, memory)
        guard result == 0 else { throw ExportFailure(errno: -result, isLibrary: true) }
        let size = linux_system_call(Int64(__NR_lseek), UInt64(memory), 0, 1, 0, 0, 0)  // SEEK_CUR
        guard size >= 0 else { throw ExportFailure(errno: Int32(-size), isLibrary: false) }
        let count = Int(size) / MemoryLayout<SockFilter>.stride
        var status: Int64 = 0
        let program = unsafe [SockFilter](unsafeUninitializedCapacity: count) { buffer, initialized in
            let address = UInt64(UInt(bitPattern: buffer.baseAddress))
            status = linux_system_call(Int64(__NR_pread64), UInt64(memory), address, UInt64(size), 0, 0, 0)
            initialized = status == size ? count : 0
        }
        guard status == size else { throw ExportFailure(errno: status < 0 ? Int32(-status) : EIO, isLibrary: false) }
        return program
    }

    struct ExportFailure: Error {
        let errno: Int32
        let isLibrary: Bool
    }

    private static func makeMemoryFile() throws(ExportFailure) -> Int32 {
        // KERNEL(6.3): where vm.memfd_noexec is 2 a file that is not marked as data is refused; older kernels refuse the mark.
        for flags in [MFD_CLOEXEC | MFD_NOEXEC_SEAL, MFD_CLOEXEC] {
            let result = unsafe "seccomp".withCString { name in
                linux_system_call(
                    Int64(__NR_memfd_create), UInt64(UInt(bitPattern: name)), UInt64(flags), 0, 0, 0, 0)
            }
            if result >= 0 { return Int32(result) }
            guard result == -Int64(EINVAL) else { throw ExportFailure(errno: Int32(-result), isLibrary: false) }
        }
        throw ExportFailure(errno: EINVAL, isLibrary: false)
    }
}
