import CLinux
import CStageWire

extension Interpreter {
    /// Sends one descriptor over a connected socket (SCM_RIGHTS) beside some bytes. Receivers such as conmon insist on
    /// exactly one descriptor and at least one byte.
    func sendDescriptor(_ arguments: Arguments) throws(Refusal) {
        let socket = arguments.slot(0)
        let descriptor = arguments.slot(1)
        let payload = (arguments[2], arguments[3])
        try unsafe withUnsafeTemporaryWords(16) { (words) throws(Refusal) in
            // struct cmsghdr: length 20, SOL_SOCKET, SCM_RIGHTS, the descriptor.
            unsafe words[0] = 20
            unsafe words[1] = 1 | (1 << 32)
            unsafe words[2] = UInt64(UInt32(bitPattern: descriptor))
            // struct iovec
            unsafe words[3] = payload.0
            unsafe words[4] = payload.1
            // struct msghdr
            unsafe words[5] = 0
            unsafe words[6] = 0
            unsafe words[7] = word(words + 3)
            unsafe words[8] = 1
            unsafe words[9] = word(words)
            unsafe words[10] = 24
            unsafe words[11] = 0
            try unsafe call(__NR_sendmsg, word(socket), word(words + 5), 0x4000)  // MSG_NOSIGNAL
        }
    }

    /// Gives the standard streams to the container's user, so that it can reopen them through /dev/stdout.
    ///
    /// Left alone: what cannot be changed (sockets, read-only files, others' files) and the host's devices other than terminals.
    /// Those that every container has of its own are exchanged for its own: through the host's it could change their mode and
    /// owner for everybody.
    func ownStandardStreams(user: UInt64, root: Int32) throws(Refusal) {
        for descriptor in Int32(0)...2 {
            let status: NodeStatus
            do throws(Refusal) {
                status = try NodeStatus(descriptor)
            } catch {
                // The caller closed it.
                guard error.errno == EBADF else { throw error }
                continue
            }
            if let path = status.pathOfOwnDevice {
                try exchange(descriptor, status, path, root)
                continue
            }
            if status.isDevice && !isTerminal(descriptor) { continue }
            let result = linux_system_call(
                Int64(__NR_fchown), word(descriptor), user, UInt64(UInt32.max), 0, 0, 0)
            switch Int32(-result) {
            case 0, EPERM, EINVAL, EROFS: continue
            case let errno where result < 0: throw Refusal(errno)
            default: continue
            }
        }
    }

    private func isTerminal(_ descriptor: Int32) -> Bool {
        // struct termios of the kernel has 36 bytes, TCGETS fills it.
        var settings: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        return unsafe withUnsafeMutablePointer(to: &settings) { settings in
            unsafe linux_system_call(Int64(__NR_ioctl), word(descriptor), 0x5401, word(settings), 0, 0, 0) == 0
        }
    }

    /// The stream becomes the container's device of the same kind, or one that is nowhere but here. There is no third way:
    /// a container may remove and exchange its devices, and would be left with the host's.
    private func exchange(_ descriptor: Int32, _ status: NodeStatus, _ path: StaticString, _ root: Int32) throws(Refusal) {
        let access = Int32(try call(__NR_fcntl, word(descriptor), UInt64(F_GETFL))) & 3  // O_ACCMODE
        let own: Int32
        if let found = findDevice(root, path, like: status, access: access) {
            own = found
        } else {
            do throws(Refusal) {
                own = try makeOwnDevice(like: status, access: access)
            } catch {
                throw Refusal(error.errno, stage_detail_no_own_device, value: error.errno)
            }
        }
        defer { close(own) }
        try call(__NR_dup3, word(own), word(descriptor), 0)
    }

    /// The device at a path of the container, if it is the one that is wanted.
    private func findDevice(_ root: Int32, _ path: StaticString, like wanted: NodeStatus, access: Int32) -> Int32? {
        do throws(Refusal) {
            // Looked at first: opening may be felt by what lies there instead. CVE-2026-88265: a link is not followed.
            let place = try unsafe openInRoot(root, path.utf8Start, flags: O_PATH | O_NOFOLLOW)
            let isRight = try NodeStatus(place).isSameDevice(as: wanted)
            close(place)
            guard isRight else { return nil }
            // It may be another meanwhile, even a terminal or a file with a lease.
            let device = try unsafe openInRoot(root, path.utf8Start, flags: access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
            if try NodeStatus(device).isSameDevice(as: wanted) {
                try call(__NR_fcntl, word(device), UInt64(F_SETFL), 0)
                return device
            }
            close(device)
            return nil
        } catch {
            return nil
        }
    }

    /// A device in a file system that is mounted nowhere: nobody but this stream leads to it. KERNEL: needs CAP_MKNOD over the
    /// host, so not in a user namespace.
    private func makeOwnDevice(like wanted: NodeStatus, access: Int32) throws(Refusal) -> Int32 {
        let (type, option, count, name): (StaticString, StaticString, StaticString, StaticString)
        // The directory, the device, and what a label of SELinux takes.
        (type, option, count, name) = ("tmpfs", "nr_inodes", "3", "device")
        let context = unsafe Int32(try call(__NR_fsopen, word(type.utf8Start), UInt64(FSOPEN_CLOEXEC)))
        defer { close(context) }
        try unsafe call(
            __NR_fsconfig, word(context), UInt64(FSCONFIG_SET_STRING.rawValue), word(option.utf8Start), word(count.utf8Start))
        try call(__NR_fsconfig, word(context), UInt64(FSCONFIG_CMD_CREATE.rawValue))
        let attributes = UInt64(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)
        let mount = Int32(try call(__NR_fsmount, word(context), UInt64(FSMOUNT_CLOEXEC), attributes))
        defer { close(mount) }
        let device = UInt64(wanted.major) << 8 | UInt64(wanted.minor)
        try unsafe call(__NR_mknodat, word(mount), word(name.utf8Start), 0o020666, device)
        let flags = UInt64(UInt32(bitPattern: access | O_NOFOLLOW | O_CLOEXEC))
        return unsafe Int32(try call(__NR_openat, word(mount), word(name.utf8Start), flags))
    }

    /// Signals that the caller ignored or blocked stay so across execve(2); a container starts with none. It is the first step
    /// of every plan: the host's /proc is still the one that is seen.
    func resetSignals() throws(Refusal) {
        let ignored = ignoredSignals()
        try unsafe withUnsafeTemporaryWords(8) { (words) throws(Refusal) in
            for signal in UInt64(1)...64 where ignored >> (signal - 1) & 1 == 1 {
                if signal == 9 || signal == 19 { continue }  // SIGKILL and SIGSTOP are always as they were
                try unsafe call(__NR_rt_sigaction, signal, word(words), 0, 8)
            }
            try unsafe call(__NR_rt_sigprocmask, UInt64(SIG_SETMASK), word(words), 0, 8)
        }
    }

    /// The signals that are ignored, bit by bit from signal 1 on: one file tells instead of 62 calls. All where it does not.
    private func ignoredSignals() -> UInt64 {
        var ignored = UInt64.max
        do throws(Refusal) {
            let path: StaticString = "/proc/self/status"
            let file = unsafe Int32(try call(__NR_openat, word(AT_FDCWD), word(path.utf8Start), UInt64(O_RDONLY | O_CLOEXEC)))
            defer { close(file) }
            try unsafe withUnsafeScratch { (text) throws(Refusal) in
                let count = unsafe Int(try call(__NR_read, word(file), word(text), UInt64(scratchSize - 1)))
                unsafe text[count] = 0
                ignored = unsafe hexadecimal(after: "SigIgn:\t", in: text) ?? ignored
            }
        } catch {
            return .max
        }
        return ignored
    }

    /// The number of 16 digits that follows a name at the start of a line.
    private func hexadecimal(after name: StaticString, in text: Path) -> UInt64? {
        var index = 0
        while unsafe text[index] != 0 {
            var length = 0
            while unsafe length < name.utf8CodeUnitCount && text[index + length] == name.utf8Start[length] { length += 1 }
            index += length
            if length == name.utf8CodeUnitCount {
                var number: UInt64 = 0
                for digit in 0..<16 {
                    guard let value = unsafe hexadecimalDigit(text[index + digit]) else { return nil }
                    number = number << 4 | UInt64(value)
                }
                return number
            }
            while unsafe text[index] != 0 && text[index] != UInt8(ascii: "\n") { index += 1 }
            if unsafe text[index] != 0 { index += 1 }
        }
        return nil
    }

    private func hexadecimalDigit(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension NodeStatus {
    /// Where every container has a device that streams are often connected to (SPEC(config-linux.md#default-devices)), if it is
    /// one of those: of them the host's stay with the host.
    fileprivate var pathOfOwnDevice: StaticString? {
        guard mode & 0o170000 == 0o020000 && major == 1 else { return nil }
        return switch minor {
        case 3: "/dev/null"
        case 5: "/dev/zero"
        case 7: "/dev/full"
        case 8: "/dev/random"
        case 9: "/dev/urandom"
        default: nil
        }
    }

    /// Whether it is a device, of characters or of blocks.
    fileprivate var isDevice: Bool { mode & 0o170000 == 0o020000 || mode & 0o170000 == 0o060000 }

    fileprivate func isSameDevice(as other: NodeStatus) -> Bool {
        mode & 0o170000 == other.mode & 0o170000 && major == other.major && minor == other.minor
    }
}
