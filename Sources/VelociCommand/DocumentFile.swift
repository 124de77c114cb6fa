internal import LinuxKernel
internal import RuntimeSpec

/// A document that a flag names.
enum DocumentFile {
    /// Reads a document from a file.
    ///
    /// - Parameters:
    ///   - place: where to find it, if not at the path that the caller gave.
    ///   - kind: what the file should hold, to complete "not …".
    /// - Throws: `CommandFailure` in runc's words when there is no such file, and the first problem of the document.
    static func read<Document: JSONDocument>(
        _ path: String, opening place: String? = nil, _ kind: String
    ) throws(CommandFailure) -> Document {
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try Files.read(place ?? path)
        } catch {
            throw CommandFailure("open \(path): \(error.errno)")
        }
        do throws(DecodingFailure) {
            return try Document.decode(bytes)
        } catch {
            throw CommandFailure("\(path): " + (error.diagnostics.first?.description ?? "not \(kind)"))
        }
    }
}
