internal import ByteText
internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import Protobuf

/// CRIU as a child of this process, which does one thing that it is asked for over a socket (`criu swrk`).
final class CriuProcess {
    let pid: Int32
    private var descriptor: Int32
    private var socket: Int32

    /// The longest message that CRIU sends.
    private static let capacity = 1 << 16

    /// - Parameters:
    ///   - descriptors: what it gets above 2, under the same numbers.
    ///   - group: the directory of version 2 that it is born in.
    init(
        _ program: String, descriptors: [Int32] = [], standard: [Int32?] = [nil, nil, nil], group: Int32? = nil
    ) throws(Failure) {
        do throws(KernelError) {
            let (ownEnd, otherEnd) = try Sockets.messagePair()
            let own = Descriptor(owning: ownEnd)
            let other = Descriptor(owning: otherEnd)
            var request = SpawnRequest(
                path: program, arguments: ["criu", "swrk", "\(other.number)"], environment: Processes.environment)
            request.descriptors = [other.number] + descriptors
            request.standard = standard
            request.controlGroup = group
            request.resetsSignals = true
            (pid, descriptor) = try Processes.spawn(request)
            // Ours is the only end now: when CRIU ends, reading does.
            socket = own.release()
        } catch {
            throw .kernel(error, "cannot start CRIU", hint: CriuProgram.hint)
        }
    }

    func send(_ bytes: [UInt8]) throws(Failure) {
        do throws(KernelError) {
            try Sockets.send(bytes, descriptors: [], over: socket)
        } catch where error.errno.name == "EPIPE" {
            throw early()
        } catch {
            throw .kernel(error, "cannot ask CRIU", hint: Self.hint)
        }
    }

    /// The next message, and the descriptor that came with it; the caller closes that.
    /// - Throws: `Failure` when CRIU has ended, or says what nobody understands.
    func receive() throws(Failure) -> (response: CriuResponse, descriptor: Int32?) {
        guard try speaks() else { throw early() }
        let received: (bytes: [UInt8], descriptor: Int32?)
        do throws(KernelError) {
            received = try Sockets.receive(from: socket, capacity: Self.capacity)
        } catch where error.errno.name == "ECONNRESET" {
            throw early()
        } catch {
            throw .kernel(error, "cannot hear from CRIU", hint: Self.hint)
        }
        guard !received.bytes.isEmpty else { throw early() }
        do throws(ProtobufError) {
            return (try CriuResponse(received.bytes), received.descriptor)
        } catch {
            received.descriptor.map { _ = Descriptor(owning: $0) }
            throw Failure(.internalError, "CRIU says what nobody understands", hint: Self.hint)
        }
    }

    /// Waits for a message, or for CRIU's end. The end of the socket is not enough: processes that CRIU was making outlive it,
    /// and have its side open.
    private func speaks() throws(Failure) -> Bool {
        var requests = [socket, descriptor].map { PollRequest(descriptor: $0, events: PollRequest.readable) }
        do throws(KernelError) {
            try Polling.wait(&requests)
            if requests[0].isReady { return true }
            // Its last words may have come since the socket was looked at.
            return try Polling.isReadable(socket, withinMilliseconds: 0)
        } catch {
            throw .kernel(error, "cannot wait for CRIU", hint: Self.hint)
        }
    }

    private static let hint = "criu check says whether it works here"

    private func early() -> Failure { Failure(.kernel, "CRIU ended before it was done: \(ending)", hint: Self.hint) }

    private var ending: String {
        switch takeAway() {
        case .exited(let status)?: "exit status \(status)"
        case .signalled(let signal)?: "ended by signal \(signal)"
        case nil: "its socket closed"
        }
    }

    /// Lets it end itself, and waits for that.
    func finish() {
        closeSocket()
        _ = takeAway()
    }

    /// Lets it clean up behind itself for a moment, and ends it.
    func end() {
        closeSocket()
        guard descriptor >= 0 else { return }
        if (try? Polling.isReadable(descriptor, withinMilliseconds: 10_000)) != true {
            Processes.kill(number: descriptor)
        }
        _ = takeAway()
    }

    private func takeAway() -> ProcessEnd? {
        guard descriptor >= 0 else { return nil }
        let end = try? Processes.wait(forNumber: descriptor)
        _ = Descriptor(owning: descriptor)
        descriptor = -1
        return end
    }

    private func closeSocket() {
        if socket >= 0 { _ = Descriptor(owning: socket) }
        socket = -1
    }

    deinit { end() }
}

/// Where CRIU is, and what it can do.
struct CriuProgram {
    let path: String
    /// 40201 for 4.2.1.
    let version: Int

    static let hint = "install the package criu, or name the program that is meant"
    /// The first that tells its version over the socket.
    private static let oldest = 30000

    /// - Parameter name: a path, or a name that is looked for in PATH.
    init(_ name: String) throws(Failure) {
        path = try Self.find(name)
        let process = try CriuProcess(path)
        try process.send(CriuRequest.version())
        let answer = try process.receive().response
        process.finish()
        version = answer.version
        guard answer.succeeded, version >= Self.oldest else {
            throw Failure(.unsupported, "\(path) is too old: CRIU 3.0 or newer is needed", hint: Self.hint)
        }
    }

    private static func find(_ name: String) throws(Failure) -> String {
        if name.has("/") { return name }
        let variable = Processes.environment.first { $0.begins(with: "PATH=") }?.after("PATH=") ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        for directory in variable.parts(at: ":") {
            let path = directory + "/" + name
            if let status = try? Files.status(of: path, followingLink: true), status.kind == .file, status.mode & 0o111 != 0 {
                return path
            }
        }
        throw Failure(.unsupported, "cannot find \(name) in PATH", hint: hint)
    }

    /// What CRIU, on this kernel, can do; asked only when it matters. Nil when it does not say.
    func features(for options: CheckpointOptions) throws(Failure) -> CheckpointFacts.Features? {
        guard options.tracksMemory || options.lazyPages else { return nil }
        let process = try CriuProcess(path)
        try process.send(CriuRequest.featureCheck())
        let answer = try process.receive().response
        process.finish()
        guard answer.succeeded else { return nil }
        return CheckpointFacts.Features(tracksMemory: answer.tracksMemory, fetchesPages: answer.fetchesPages)
    }
}
