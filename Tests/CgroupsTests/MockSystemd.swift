import Foundation
import LinuxKernel
import Synchronization

@testable import DBus

/// Something that speaks systemd's part of the protocol over real sockets: as a service on the distribution's message bus,
/// or, like /run/systemd/private, as a direct peer.
final class MockSystemd: Sendable {
    /// How it behaves in one test.
    struct Behaviour: Sendable {
        var version = "252.39-1~deb12u1"
        var controlGroup = "/user.slice/user-1000.slice/user@1000.service"
        /// Whether JobRemoved is sent before the answer that names the job.
        var announcesEarly = false
        var jobResult = "done"
        /// How many starts are answered with UnitExists.
        var existing = 0
        /// Calls of these methods get no answer.
        var silent: Set<String> = []
        /// Calls of these methods end the connection.
        var hangsUpOn: Set<String> = []
        /// Calls of these methods are answered with an error.
        var refuses: [String: String] = [:]
    }

    struct Call: Sendable {
        var member: String
        var body: [DBusValue]
    }

    private let calls = Mutex<[Call]>([])
    private let existing: Mutex<Int>
    private let behaviour: Behaviour

    init(_ behaviour: Behaviour) {
        self.behaviour = behaviour
        existing = Mutex(behaviour.existing)
    }

    var members: [String] { calls.withLock { $0.map(\.member) } }
    func bodies(of member: String) -> [[DBusValue]] {
        calls.withLock { $0.filter { $0.member == member }.map(\.body) }
    }

    /// Serves on a bus until the bus ends.
    func serve(onBus address: String) throws {
        let ready = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            do {
                var connection = try DBusConnection.open(address, before: Deadline(milliseconds: 5000))
                _ = try connection.call(
                    DBusMessage(
                        .call, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "RequestName",
                        destination: "org.freedesktop.DBus", body: [.string("org.freedesktop.systemd1"), .uint32(0)]),
                    before: Deadline(milliseconds: 5000))
                ready.signal()
                while true {
                    let message = try connection.next("calls", before: Deadline(milliseconds: 20_000))
                    guard message.kind == .call else { continue }
                    guard let answers = answers(to: message) else { return }
                    for answer in answers {
                        try connection.send(answer.encoded(), "answer", before: Deadline(milliseconds: 1000))
                    }
                }
            } catch {
                ready.signal()
            }
        }
        ready.wait()
    }

    /// The messages that follow on a call; nil to hang up.
    func answers(to call: DBusMessage) -> [DBusMessage]? {
        let member = call.member ?? ""
        calls.withLock { $0.append(Call(member: member, body: call.body)) }
        if behaviour.hangsUpOn.contains(member) { return nil }
        if behaviour.silent.contains(member) { return [] }
        func reply(_ body: [DBusValue]) -> DBusMessage {
            var message = DBusMessage(.reply, destination: call.sender, body: body)
            message.serial = 1000 + call.serial
            message.replySerial = call.serial
            return message
        }
        func error(_ name: String) -> DBusMessage {
            var message = DBusMessage(.error, destination: call.sender, body: [.string("refused by the test")])
            message.serial = 1000 + call.serial
            message.errorName = name
            message.replySerial = call.serial
            return message
        }
        if let name = behaviour.refuses[member] { return [error(name)] }
        switch member {
        case "Get":
            let text = call.body.last == .string("Version") ? behaviour.version : behaviour.controlGroup
            return [reply([.variant(.string(text))])]
        case "StartTransientUnit" where existing.withLock({ $0 > 0 }):
            existing.withLock { $0 -= 1 }
            return [error("org.freedesktop.systemd1.UnitExists")]
        case "StartTransientUnit", "StopUnit":
            let job = "/org/freedesktop/systemd1/job/\(call.serial)"
            let removed = { (job: String) -> DBusMessage in
                var signal = DBusMessage(
                    .signal, path: "/org/freedesktop/systemd1", interface: "org.freedesktop.systemd1.Manager",
                    member: "JobRemoved", destination: call.sender,
                    body: [.uint32(call.serial), .objectPath(job), call.body[0], .string(self.behaviour.jobResult)])
                signal.serial = 5000 + call.serial
                return signal
            }
            // The end of somebody else's job comes as well.
            let answer = reply([.objectPath(job)])
            return behaviour.announcesEarly
                ? [removed("/org/freedesktop/systemd1/job/0"), removed(job), answer]
                : [answer, removed("/org/freedesktop/systemd1/job/0"), removed(job)]
        default:
            return [reply([])]
        }
    }
}
