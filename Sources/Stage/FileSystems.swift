import CLinux
import CStageWire

extension Interpreter {
    /// Gives a file system in the making the mode of a directory; nothing to do if that does not exist.
    func copyMode(_ arguments: Arguments) throws(Refusal) {
        let context = arguments.slot(0)
        let covered = arguments.slot(1)
        if covered < 0 { return }
        let mode = try NodeStatus(covered).mode & 0o7777
        let option: StaticString = "mode"
        try unsafe withUnsafeTemporaryWords(1) { (words) throws(Refusal) in
            let digits = unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt8.self)
            for index in 0..<4 { unsafe digits[index] = 48 + UInt8(truncatingIfNeeded: (mode >> UInt32(3 * (3 - index))) & 7) }
            unsafe digits[4] = 0
            try unsafe call(
                __NR_fsconfig, word(context), UInt64(FSCONFIG_SET_STRING.rawValue), word(option.utf8Start), word(words))
        }
    }
}
