import CLinux
import CStageWire

extension Interpreter {
    /// A proc file system to write to: the one that is there already, or else the host's, if what is mounted there is its root.
    /// What covers parts of that is not crossed by those who write (RESOLVE_NO_XDEV).
    func openProcessFileSystem(_ arguments: Arguments) throws(Refusal) -> Int32 {
        let own = arguments.slot(0)
        if own >= 0 { return own }
        let path = try arguments.path(1)
        let flags = UInt64(UInt32(bitPattern: O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        let found = Int32(try call(__NR_openat, word(AT_FDCWD), word(path), flags))
        // The inode of its root (PROC_ROOT_INO).
        if try fileSystemMagic(found) == UInt64(PROC_SUPER_MAGIC), try NodeStatus(found).inode == 1 { return found }
        close(found)
        throw Refusal(EPERM, stage_detail_wrong_file_system)
    }

    /// Gives a file system in the making the mode of a directory; nothing to do if that does not exist.
    func copyMode(_ arguments: Arguments) throws(Refusal) {
        let context = arguments.slot(0)
        let covered = arguments.slot(1)
        if covered < 0 { return }
        let mode = try NodeStatus(covered).mode & 0o7777
        let option: StaticString = "mode"
        try withUnsafeTemporaryWords(1) { (words) throws(Refusal) in
            let digits = UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt8.self)
            for index in 0..<4 { digits[index] = 48 + UInt8(truncatingIfNeeded: (mode >> UInt32(3 * (3 - index))) & 7) }
            digits[4] = 0
            try call(
                __NR_fsconfig, word(context), UInt64(FSCONFIG_SET_STRING.rawValue), word(option.utf8Start), word(words))
        }
    }
}
