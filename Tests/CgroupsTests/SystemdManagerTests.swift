import CLinux
import Foundation
import LinuxKernel
import TestSupport
import Testing

@testable import Cgroups
@testable import DBus

@Suite(.serialized, .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon (Debian: dbus-daemon)"))
struct SystemdManagerTests {
    /// Runs a test against a systemd that behaves in a way.
    private func with(
        _ behaviour: MockSystemd.Behaviour, isUser: Bool = false, _ body: (inout SystemdManager, MockSystemd) throws -> Void
    ) throws {
        let bus = try PrivateBus()
        let systemd = MockSystemd(behaviour)
        try systemd.serve(onBus: bus.address)
        let name = isUser ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS"
        var manager = try SystemdManager.connect(
            isUser: isUser, userID: 1000, environment: { $0 == name ? bus.address : nil }, before: Deadline(milliseconds: 5000))
        try body(&manager, systemd)
    }

    private let unit = SystemdUnit(name: "veloci-test.scope", slice: "system.slice")
    private var soon: Deadline { Deadline(milliseconds: 5000) }

    @Test func asking() throws {
        try with(MockSystemd.Behaviour(), isUser: true) { manager, _ in
            let version = try manager.version(before: soon)
            #expect(version == 252)
            let group = try manager.controlGroup(before: soon)
            #expect(group == "/user.slice/user-1000.slice/user@1000.service")
        }
        try with(MockSystemd.Behaviour()) { manager, systemd in
            let group = try manager.controlGroup(before: soon)
            #expect(group == "")
            #expect(systemd.members.isEmpty)
        }
    }

    @Test(arguments: [false, true]) func startingAndStopping(announcesEarly: Bool) throws {
        var behaviour = MockSystemd.Behaviour()
        behaviour.announcesEarly = announcesEarly
        try with(behaviour) { manager, systemd in
            let properties = [
                SystemdProperty("PIDs", .array(element: "u", [.uint32(7)])), SystemdProperty("MemoryMax", .uint64(.max)),
                SystemdProperty("DeviceAllow", .array(element: "(ss)", [.structure([.string("char-*"), .string("m")])])),
            ]
            try manager.start(unit, properties, before: soon)
            try manager.set([SystemdProperty("TasksMax", .uint64(5))], of: unit, before: soon)
            try manager.attach([9], to: unit, group: "a/b", before: soon)
            try manager.stop(unit, before: soon)
            #expect(
                systemd.members == [
                    "Subscribe", "StartTransientUnit", "SetUnitProperties", "Get", "AttachProcessesToUnit", "StopUnit",
                    "ResetFailedUnit",
                ])
            let start = try #require(systemd.bodies(of: "StartTransientUnit").first)
            #expect(start.map(\.signature) == ["s", "s", "a(sv)", "a(sa(sv))"])
            #expect(start[0] == .string("veloci-test.scope"))
            #expect(start[2].elements?.count == 3)
            #expect(start[2].elements?[1] == .structure([.string("MemoryMax"), .variant(.uint64(.max))]))
            #expect(systemd.bodies(of: "SetUnitProperties").first?[1] == .boolean(true))
            #expect(systemd.bodies(of: "AttachProcessesToUnit").first?[1] == .string("/a/b"))
            do throws(CgroupError) {
                try manager.attach([9], to: unit, group: "../x", before: soon)
                Issue.record("an error was expected")
            } catch {
                #expect(error.kind == .invalidPath)
            }
        }
    }

    @Test func aJobThatFails() throws {
        var behaviour = MockSystemd.Behaviour()
        behaviour.jobResult = "failed"
        try with(behaviour) { manager, systemd in
            do throws(CgroupError) {
                try manager.start(unit, [], before: soon)
                Issue.record("an error was expected")
            } catch {
                #expect(error.kind == .systemd)
                #expect(error.message.contains("\"failed\""))
            }
            // What is left of the unit does not stand in the way of the next.
            #expect(systemd.members.last == "ResetFailedUnit")
        }
    }

    @Test func aUnitThatFailedEarlierIsReset() throws {
        var behaviour = MockSystemd.Behaviour()
        behaviour.existing = 1
        try with(behaviour) { manager, systemd in
            try manager.start(unit, [], before: soon)
            #expect(systemd.members == ["Subscribe", "StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"])
        }
        behaviour.existing = 2
        try with(behaviour) { manager, systemd in
            do throws(CgroupError) {
                try manager.start(unit, [], before: soon)
                Issue.record("an error was expected")
            } catch {
                #expect(error.kind == .populated)
            }
        }
    }

    @Test(arguments: ["Subscribe", "StartTransientUnit", "SetUnitProperties", "Get", "StopUnit"])
    func nothingWaitsForEver(member: String) throws {
        for hangsUp in [false, true] {
            var behaviour = MockSystemd.Behaviour()
            if hangsUp { behaviour.hangsUpOn = [member] } else { behaviour.silent = [member] }
            try with(behaviour) { manager, _ in
                let start = Deadline(milliseconds: 0).nanoseconds
                let short = Deadline(milliseconds: 150)
                do throws(CgroupError) {
                    switch member {
                    case "Get": _ = try manager.version(before: short)
                    case "SetUnitProperties": try manager.set([SystemdProperty("A", .byte(1))], of: unit, before: short)
                    case "StopUnit": try manager.stop(unit, before: short)
                    default: try manager.start(unit, [], before: short)
                    }
                    Issue.record("an error was expected")
                } catch {
                    // A service that leaves is answered for by the bus: NoReply.
                    #expect(error.kind == .timedOut || error.kind == .systemd)
                }
                // The deadline, and at most a second for cleaning up behind it.
                #expect(Deadline(milliseconds: 0).nanoseconds - start < 20_000_000_000)
            }
        }
    }

    @Test func refusals() throws {
        var behaviour = MockSystemd.Behaviour()
        behaviour.refuses = [
            "StartTransientUnit": "org.freedesktop.DBus.Error.AccessDenied", "StopUnit": "org.freedesktop.systemd1.NoSuchUnit",
            "Subscribe": "org.freedesktop.systemd1.AlreadySubscribed",
        ]
        try with(behaviour) { manager, _ in
            do throws(CgroupError) {
                try manager.start(unit, [], before: soon)
                Issue.record("an error was expected")
            } catch {
                #expect(error.kind == .permission)
                #expect(error.hint != nil)
            }
            // A unit that is gone is stopped.
            try manager.stop(unit, before: soon)
        }
    }

    @Test func nobodyIsThere() {
        do throws(CgroupError) {
            _ = try SystemdManager.connect(
                isUser: true, userID: 1000, environment: { $0 == "XDG_RUNTIME_DIR" ? "/no/such/directory" : nil },
                before: Deadline(milliseconds: 500))
            Issue.record("an error was expected")
        } catch {
            #expect(error.kind == .systemd)
            #expect(error.hint?.contains("dbus-user-session") == true)
        }
    }
}
