extension StageImage {
    /// Calls `body` with the bytes of the stage's ELF file.
    package static func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe words.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try unsafe body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<size]))
        }
    }
}
