internal import CSeccomp

/// System calls by their names.
package enum SystemCallNumbers {
    /// The number that a system call has on an architecture (`AUDIT_ARCH_*`); nil where it does not exist, or nobody knows it.
    package static func number(of name: String, architecture: UInt32) -> Int32? {
        let number = unsafe seccomp_syscall_resolve_name_arch(architecture, name)
        return number < 0 ? nil : number
    }
}
