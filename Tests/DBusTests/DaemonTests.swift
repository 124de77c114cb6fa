import Foundation
import LinuxKernel
import Testing

@testable import DBus

/// The real message bus of the distribution, started for the test with a socket of its own.
final class Daemon {
    static let program = "/usr/bin/dbus-daemon"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: program)

    let address: String
    private let process: Int32
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "veloci-bus-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let configuration = """
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>session</type><listen>unix:path=\(directory)/bus</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
            </busconfig>
            """
        try configuration.write(toFile: directory + "/bus.conf", atomically: true, encoding: .utf8)
        address = busAddress(ofSocket: directory + "/bus")
        (_, process) = try Processes.spawn(
            SpawnRequest(
                path: Daemon.program,
                arguments: [Daemon.program, "--config-file=\(directory)/bus.conf", "--nofork", "--nopidfile", "--nosyslog"],
                environment: []))
        let deadline = Deadline(milliseconds: 5000)
        // The socket is there a moment before somebody listens.
        while !isListening, !deadline.hasPassed { usleep(2000) }
    }

    private var isListening: Bool {
        do {
            let socket = try StreamSockets.connect(directory + "/bus", before: Deadline(milliseconds: 0))
            return socket.number >= 0
        } catch {
            return false
        }
    }

    deinit {
        let process = Descriptor(owning: self.process)
        try? Processes.signal(process, 9)
        _ = try? Processes.wait(for: process)
        try? FileManager.default.removeItem(atPath: directory)
    }
}

@Suite(.serialized, .enabled(if: Daemon.isInstalled, "needs dbus-daemon (Debian: dbus-daemon)"))
struct DaemonTests {
    private static func bus(_ member: String, _ body: [DBusValue] = []) -> DBusMessage {
        DBusMessage(
            .call, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: member,
            destination: "org.freedesktop.DBus", body: body)
    }

    @Test func callsAndErrors() throws {
        let daemon = try Daemon()
        let deadline = Deadline(milliseconds: 5000)
        var connection = try DBusConnection.open(daemon.address, before: deadline)
        let name = connection.uniqueName ?? ""
        #expect(name.hasPrefix(":1."))
        let names = try connection.call(Self.bus("ListNames"), before: deadline)
        #expect(names.first?.elements?.contains(.string(name)) == true)
        do throws(DBusError) {
            _ = try connection.call(Self.bus("GetNameOwner", [.string("no.such.name")]), before: deadline)
            Issue.record("an error was expected")
        } catch {
            guard case .remote(let name, let message) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(name == "org.freedesktop.DBus.Error.NameHasNoOwner")
            #expect(!message.isEmpty)
        }
        // The connection goes on after an error.
        #expect(try connection.call(Self.bus("GetId"), before: deadline).first?.text?.isEmpty == false)
    }

    @Test func signalsThatComeBeforeTheyAreAskedFor() throws {
        let daemon = try Daemon()
        let deadline = Deadline(milliseconds: 5000)
        var connection = try DBusConnection.open(daemon.address, before: deadline)
        _ = try connection.call(
            Self.bus("AddMatch", [.string("type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'")]),
            before: deadline)
        // The change is announced before the answer.
        _ = try connection.call(Self.bus("RequestName", [.string("org.example.Veloci"), .uint32(0)]), before: deadline)
        let signal = try connection.signal("NameOwnerChanged", before: deadline) {
            $0.member == "NameOwnerChanged" && $0.body.first == .string("org.example.Veloci")
        }
        #expect(signal.body.last == .string(connection.uniqueName ?? ""))
        // No other comes: the deadline ends it.
        #expect(throws: DBusError.timedOut("nothing")) {
            try connection.signal("nothing", before: Deadline(milliseconds: 50)) { _ in false }
        }
    }

    @Test func nobodyListens() {
        let start = Deadline(milliseconds: 0)
        #expect(throws: DBusError.self) {
            _ = try DBusConnection.open(
                "unix:path=/no/such/socket;unix:abstract=veloci-none", before: Deadline(milliseconds: 1000))
        }
        #expect(Deadline(milliseconds: 0).nanoseconds - start.nanoseconds < 500_000_000)
    }
}
