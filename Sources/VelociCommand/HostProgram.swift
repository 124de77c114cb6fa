internal import ByteText
internal import CLibrary
internal import LinuxKernel

/// A program of the host whose output is wanted.
enum HostProgram {
    /// Runs a program found by `PATH` and returns what it writes to both output streams.
    ///
    /// - Throws: `CommandFailure` when it cannot be run, or ends with another code than 0.
    static func output(_ name: String, _ arguments: [String]) throws(CommandFailure) -> String {
        let bytes: [UInt8]
        let end: ProcessEnd
        do throws(KernelError) {
            (bytes, end) = try run(name, arguments)
        } catch {
            throw CommandFailure("exec: \(Quoted.go(name)): \(error.errno)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        switch end {
        case .exited(0): return text
        case .exited(let status): throw CommandFailure("\(name): exit status \(status): \(text)")
        case .signalled(let signal): throw CommandFailure("\(name): signal \(signal): \(text)")
        }
    }

    private static func run(_ name: String, _ arguments: [String]) throws(KernelError) -> ([UInt8], ProcessEnd) {
        let ends = try Pipes.make()
        let reader = Descriptor(owning: ends.reader)
        let writer = Descriptor(owning: ends.writer)
        var request = SpawnRequest(path: name, arguments: [name] + arguments, environment: Processes.environment)
        request.standard = [nil, writer.number, writer.number]
        request.resetsSignals = true
        let process = Descriptor(owning: try start(&request))
        _ = consume writer  // the end of its output is seen once nobody can write
        let read: Result<[UInt8], KernelError>
        do throws(KernelError) {
            read = .success(try Files.read(reader, name: name))
        } catch {
            read = .failure(error)
        }
        let end = try Processes.wait(for: process)
        return (try read.get(), end)
    }

    /// Tries the directories of `PATH` in their order, as execvp(3) does.
    private static func start(_ request: inout SpawnRequest) throws(KernelError) -> Int32 {
        let name = request.path
        var refusal = KernelError(.noEntry, call: "execve", object: name)
        for directory in unsafe (getenv("PATH").map({ unsafe String(cString: $0) }) ?? "/bin:/usr/bin").parts(
            at: ":", keepsEmpty: true)
        {
            request.path = directory.isEmpty ? name : directory + "/" + name
            do throws(KernelError) {
                return try Processes.spawn(request).descriptor
            } catch where error.errno == .accessDenied {
                refusal = error
            } catch where error.errno == .noEntry || error.errno == .notDirectory {
                continue
            }
        }
        throw refusal
    }
}
