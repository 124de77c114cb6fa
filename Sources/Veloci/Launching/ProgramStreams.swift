internal import CLinux
internal import LinuxKernel

/// Standard streams that were opened for one program: its ends, until it has them, and ours of the pipes.
final class ProgramStreams {
    /// What becomes its streams; nil leaves those of this process.
    private(set) var numbers: [Int32?] = [nil, nil, nil]
    private var owned: [Int32] = []
    private var ours: [Int32?] = [nil, nil, nil]

    private static let names = ["input", "output", "error"]

    /// - Parameter closed: those of 0 to 2 that this process does not have.
    init(_ streams: StandardStreams, closed: [Int32]) throws(Failure) {
        for (index, stream) in [streams.input, streams.output, streams.error].enumerated() {
            do throws(KernelError) {
                try open(stream, index, closed)
            } catch {
                closeAll()
                throw .kernel(error, "cannot open standard \(Self.names[index])")
            }
        }
    }

    private func open(_ stream: StandardStream, _ index: Int, _ closed: [Int32]) throws(KernelError) {
        switch stream {
        case .inherited where !closed.contains(Int32(index)): return
        case .null, .inherited: numbers[index] = keep(try Files.open("/dev/null", flags: .readWrite).release())
        case .descriptor(let number):
            let isOurs = closed.contains(number)
            let name = "standard \(Self.names[index])"
            if isOurs { throw KernelError(Errno(rawValue: EBADF), call: "fcntl", object: "descriptor \(number) for \(name)") }
            _ = try systemCall(
                __NR_fcntl, "fcntl", on: "descriptor \(number) for \(name)", UInt64(descriptor: number), UInt64(F_GETFD))
            numbers[index] = number
        case .pipe:
            let (reader, writer) = try Pipes.make()
            numbers[index] = keep(index == 0 ? reader : writer)
            ours[index] = index == 0 ? writer : reader
        }
    }

    private func keep(_ number: Int32) -> Int32 {
        owned.append(number)
        return number
    }

    /// The program has its ends.
    func closeTheirs() {
        Descriptor.close(owned)
        owned = []
    }

    /// Hands our ends on; whoever takes them closes them.
    func takeOurs() -> [Int32?] {
        defer { ours = [nil, nil, nil] }
        return ours
    }

    private func closeAll() {
        closeTheirs()
        Descriptor.close(ours.compactMap { $0 })
        ours = [nil, nil, nil]
    }

    deinit { closeAll() }
}
