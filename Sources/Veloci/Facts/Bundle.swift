internal import ByteText
internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// A directory with a config.json that has been read and found valid.
struct Bundle {
    let path: HostPath
    var spec: ValidatedSpec
    var bytes: [UInt8]

    static func open(_ source: ContainerSource) throws(Failure) -> Bundle {
        switch source {
        case .bundle(let path): return try open(path)
        case .spec(let spec, let directory): return try open(spec, directory)
        }
    }

    /// A configuration that no file has.
    private static func open(_ document: Spec, _ directory: String) throws(Failure) -> Bundle {
        guard directory.begins(with: "/") else {
            throw Failure(
                .invalidArgument, "relative paths of a configuration start from an absolute path, not from \"\(directory)\"")
        }
        let spec: ValidatedSpec
        do throws(DecodingFailure) {
            spec = try ValidatedSpec(document)
        } catch {
            throw Failure(error.diagnostics)
        }
        let absolute: String
        do throws(KernelError) {
            let opened = try Files.open(directory, flags: [.path, .directory])
            absolute = try Files.readLink("/proc/self/fd/\(opened.number)")
        } catch {
            throw .kernel(error, "cannot open the directory that relative paths start from")
        }
        return Bundle(path: HostPath(absolute), spec: spec, bytes: document.encoded())
    }

    private static func open(_ path: String) throws(Failure) -> Bundle {
        let absolute: String
        let bytes: [UInt8]
        do throws(KernelError) {
            let directory = try Files.open(path, flags: [.path, .directory])
            absolute = try Files.readLink("/proc/self/fd/\(directory.number)")
            bytes = try Files.readWithoutWaiting("config.json", at: directory.number)
        } catch where error.errno == .noEntry && error.object == "config.json" {
            throw Failure(.invalidArgument, "JSON specification file config.json not found", hint: "the bundle is \(path)")
        } catch {
            throw .kernel(error, "cannot read the bundle")
        }
        let (spec, diagnostics) = ValidatedSpec.check(bytes, locatesWarnings: false)
        guard let spec else { throw Failure(diagnostics) }
        return Bundle(path: HostPath(absolute), spec: spec, bytes: bytes)
    }

    var rootfs: HostPath { HostPath(spec.root.path, from: path) }
}
