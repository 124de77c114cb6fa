import CStageWire
import Chance
import Glibc
import RuntimeSpec
import StageForHost

@testable import ContainerPlan
@testable import DBus
@testable import LinuxKernel
@testable import Veloci

/// The other end of a socket, with what it says written before anybody listens.
private struct HostileEnd {
    let ours: Int32
    private let theirs: Int32

    /// - Parameter type: 1 for a stream, 5 for messages.
    init(type: Int32, _ messages: [[UInt8]]) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { wrong("no sockets") }
        (ours, theirs) = (ends[0], ends[1])
        for message in messages where !message.isEmpty { _ = send(theirs, message, message.count, 0x40) }
        shutdown(theirs, Int32(SHUT_WR))
    }

    func close() { _ = Glibc.close(theirs) }
}

extension Fuzzer {
    private static func messages(_ input: inout Input) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while !input.isAtEnd, messages.count < 8 { messages.append(input.bytes()) }
        return messages
    }

    /// A message bus that says what it likes: single messages, and the answers to a call.
    static let bus = Fuzzer("bus", seeds: [
        "0l\u{2}\u{1}\u{1}\u{0}\u{0}\u{0}\u{0}\u{1}\u{0}\u{0}\u{0}\u{8}\u{0}\u{0}\u{0}\u{5}\u{1}u\u{0}\u{1}\u{0}\u{0}\u{0}",
        "1OK 1234\r\n", "0l\u{4}\u{1}\u{1}\u{4}\u{0}\u{0}\u{0}\u{1}\u{0}\u{0}\u{0}\u{8}\u{0}\u{0}\u{0}\u{8}\u{1}g\u{0}\u{1}u\u{0}\u{0}\u{5}\u{0}\u{0}\u{0}",
    ]) { bytes in
        guard let first = bytes.first else { return }
        if first & 1 == 0 { return message(Array(bytes.dropFirst())) }
        let end = HostileEnd(type: 1, [Array(bytes.dropFirst())])
        defer { end.close() }
        var connection = DBusConnection(socket: end.ours)
        let deadline = Deadline(milliseconds: 2000)
        do throws(DBusError) {
            if first & 2 == 0 { try connection.authenticate(before: deadline) }
            _ = try connection.call(DBusMessage(.call, path: "/", interface: "a.b", member: "c"), before: deadline)
        } catch {
            if case .timedOut = error { wrong("a bus that has closed is waited for") }
        }
    }

    private static func message(_ bytes: [UInt8]) {
        if let length = try? DBusMessage.length(bytes[...]) {
            expect((16...DBusMessage.maximumLength).contains(length), "a message of \(length) bytes")
        }
        guard let message = try? DBusMessage(bytes[...]) else { return }
        var other = message
        // Strings for paths are taken from others, and not written.
        other.serial = message.serial
        guard let again = try? DBusMessage(other.encoded()[...]) else { wrong("\(message) cannot be read when it was written") }
        expect("\(again)" == "\(message)", "\(message) is read as \(again)")
    }

    /// A route socket whose other end is not the kernel.
    static let route = Fuzzer("route", seeds: [
        "0\u{14}\u{14}\u{0}\u{0}\u{0}\u{2}\u{0}\u{0}\u{0}\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
        "1\u{1c}\u{1c}\u{0}\u{0}\u{0}\u{10}\u{0}\u{2}\u{0}\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}aaaabbbbcccc",
        "2\u{20}\u{20}\u{0}\u{0}\u{0}\u{14}\u{0}\u{2}\u{0}\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{2}\u{8}\u{7f}\u{0}\u{1}\u{0}\u{0}\u{0}\u{8}\u{0}\u{8}\u{0}aaaa",
    ]) { bytes in
        var input = Input(bytes)
        let what = input.below(5)
        let end = HostileEnd(type: 5, messages(&input))
        defer { end.close() }
        let socket = RouteSocket(owning: Descriptor(owning: end.ours))
        switch what {
        case 0: _ = try? socket.device(named: "eth0")
        case 1: _ = try? socket.devices()
        case 2:
            for address in (try? socket.permanentGlobalAddresses(of: 1)) ?? [] { _ = try? socket.add(address, to: 2) }
        case 3: try? socket.bringUp(1)
        default: try? socket.move(1, to: 2, name: "lan")
        }
    }

    /// Gates, in both directions: the host before a stage that says what it likes, the stage before such a host.
    static let gates = Fuzzer("gates", seeds: ["0\u{8}\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "1\u{8}\u{3}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "1"]) { bytes in
        var input = Input(bytes)
        if input.flag() { return stageAtGates(&input) }
        let messages = messages(&input)
        let end = HostileEnd(type: 5, messages)
        defer { end.close() }
        let socket = Descriptor(owning: end.ours)
        for message in messages where !message.isEmpty {
            let received = try? GateSocket.receive(from: socket.number)
            // What is behind the first eight bytes of a message is cut off.
            let gate = message.count >= 8 ? message.withUnsafeBytes { Gate(rawValue: $0.loadUnaligned(as: UInt32.self)) } : nil
            expect(received ?? nil == gate, "\(message) is taken for gate \(String(describing: received))")
            if gate == nil { return }
        }
        expect((try? GateSocket.receive(from: socket.number)) == .some(nil), "a closed socket is no end")
    }

    private static let wholePlan: [UInt8] = {
        let request = PlanRequest(id: "gates", bundle: "/b", waitsForStart: false)
        guard let spec = ValidatedSpec.check(PlanChain.whole.encoded()).value,
            let plan = try? Plan.create(spec, request: request, facts: HostFacts()),
            let bytes = try? plan.encode(descriptors: [:]).bytes
        else { wrong("full-default.json cannot be planned") }
        return bytes
    }()

    /// Whatever the host answers but the gate itself ends the stage, before anything else is done.
    private static func stageAtGates(_ input: inout Input) {
        let bytes = wholePlan
        let kernel = ModelKernel(SplitMix(seed: 1), refuses: false)
        kernel.answers = messages(&input)
        let block = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 8)
        let page = UnsafeMutablePointer<stage_progress>.allocate(capacity: 1)
        page.initialize(to: stage_progress())
        bytes.withUnsafeBytes { block.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        HostedStage.perform(block, page, gate: ModelKernel.gate, kernel)
        if kernel.wasRefused { expect(page.pointee.detail == stage_detail_gate_refused.rawValue, "a refusal is not told") }
        block.deallocate()
        page.deallocate()
    }
}
