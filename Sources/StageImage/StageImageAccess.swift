extension StageImage {
    /// Calls `body` with the bytes of the stage's ELF file.
    ///
    /// Compiled in this module alone: compiled into each that calls it, the image would lie in the executable as often.
    @export(interface)
    @inline(never)
    package static func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        unsafe words.withUnsafeBufferPointer { buffer in
            unsafe body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<size]))
        }
    }
}
