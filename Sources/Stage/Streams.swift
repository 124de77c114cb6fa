import CLinux
import CStageWire

extension Interpreter {
    /// Sends one descriptor over a connected socket (SCM_RIGHTS) beside some bytes. Receivers such as conmon insist on
    /// exactly one descriptor and at least one byte.
    func sendDescriptor(_ arguments: Arguments) throws(Refusal) {
        let socket = arguments.slot(0)
        let descriptor = arguments.slot(1)
        let payload = (arguments[2], arguments[3])
        try withUnsafeTemporaryWords(16) { (words) throws(Refusal) in
            // struct cmsghdr: length 20, SOL_SOCKET, SCM_RIGHTS, the descriptor.
            words[0] = 20
            words[1] = 1 | (1 << 32)
            words[2] = UInt64(UInt32(bitPattern: descriptor))
            // struct iovec
            words[3] = payload.0
            words[4] = payload.1
            // struct msghdr
            words[5] = 0
            words[6] = 0
            words[7] = word(words + 3)
            words[8] = 1
            words[9] = word(words)
            words[10] = 24
            words[11] = 0
            try call(__NR_sendmsg, word(socket), word(words + 5), 0x4000)  // MSG_NOSIGNAL
        }
    }

    /// Gives the standard streams to the container's user, so that it can reopen them through /dev/stdout.
    ///
    /// Left alone: what cannot be changed (sockets, read-only files, others' files). The host's null device would let the
    /// container change it for everybody, so the container's own takes its place.
    func ownStandardStreams(user: UInt64, root: Int32) throws(Refusal) {
        for descriptor in Int32(0)...2 {
            guard let status = try? NodeStatus(descriptor) else { continue }
            if status.isNullDevice {
                try reopenNullDevice(descriptor, root)
                continue
            }
            let result = linux_system_call(
                Int64(__NR_fchown), word(descriptor), user, UInt64(UInt32.max), 0, 0, 0)
            switch Int32(-result) {
            case 0, EPERM, EINVAL, EROFS: continue
            case let errno where result < 0: throw Refusal(errno)
            default: continue
            }
        }
    }

    private func reopenNullDevice(_ descriptor: Int32, _ root: Int32) throws(Refusal) {
        let path: StaticString = "/dev/null"
        guard let null = try? openInRoot(root, path.utf8Start, flags: O_RDWR | O_NOFOLLOW) else { return }
        defer { close(null) }
        guard try NodeStatus(null).isNullDevice else { return }
        try call(__NR_dup3, word(null), word(descriptor), 0)
    }

    /// Signals that the caller ignored or blocked stay so across execve(2); a container starts with none.
    func resetSignals() {
        try? withUnsafeTemporaryWords(8) { (words) throws(Refusal) in
            for signal in UInt64(1)...64 {
                _ = linux_system_call(Int64(__NR_rt_sigaction), signal, word(words), 0, 8, 0, 0)
            }
            _ = linux_system_call(Int64(__NR_rt_sigprocmask), UInt64(SIG_SETMASK), word(words), 0, 8, 0, 0)
        }
    }
}
