extension StageImage {
    /// Calls `body` with the bytes of the stage's ELF file.
    ///
    /// Compiled in this module alone: compiled into each that calls it, the image would lie in the executable as often.
    @export(interface)
    @inline(never)
    package static func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        words.withUnsafeBufferPointer { buffer in
            body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<size]))
        }
    }
}
