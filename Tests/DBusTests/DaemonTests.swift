import Foundation
import LinuxKernel
import TestSupport
import Testing

@testable import DBus

@Suite(.serialized, .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon (Debian: dbus-daemon)"))
struct DaemonTests {
    private static func bus(_ member: String, _ body: [DBusValue] = []) -> DBusMessage {
        DBusMessage(
            .call, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: member,
            destination: "org.freedesktop.DBus", body: body)
    }

    @Test func callsAndErrors() throws {
        let daemon = try PrivateBus()
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
        let daemon = try PrivateBus()
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
