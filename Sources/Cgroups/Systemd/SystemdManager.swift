internal import ByteText
internal import DBus
package import LinuxKernel

/// systemd, the manager of the machine or of a user, over its D-Bus interface (org.freedesktop.systemd1(5)).
///
/// Every call has a deadline. The end of a job is awaited without a race: the signal is subscribed to before the call that
/// makes the job, and signals that arrive before the answer are kept.
package struct SystemdManager: ~Copyable {
    private var connection: DBusConnection
    /// Whether the connection goes through a bus, or to systemd itself.
    private let isBus: Bool
    private let isUser: Bool
    private var isSubscribed = false

    private static let service = "org.freedesktop.systemd1"
    private static let object = "/org/freedesktop/systemd1"
    private static let interface = "org.freedesktop.systemd1.Manager"

    /// Whether systemd manages this machine (sd_booted(3)).
    package static var isRunning: Bool { (try? Files.status(of: "/run/systemd/system"))?.kind == .directory }

    /// Connects to systemd.
    ///
    /// The system's manager is on the system bus, or, where there is none, on its private socket. RUNC: the user's is on the
    /// bus that DBUS_SESSION_BUS_ADDRESS names, or that is in XDG_RUNTIME_DIR; then /run/user/UID is tried.
    /// - Parameters:
    ///   - environment: a variable of the caller's environment.
    ///   - userID: the caller's user.
    /// - Throws: `CgroupError` of kind `systemd`.
    package static func connect(
        isUser: Bool, userID: UInt32, environment: (String) -> String?, before deadline: Deadline
    ) throws(CgroupError) -> SystemdManager {
        var failure = DBusError.address("")
        for (address, isBus) in addresses(isUser: isUser, userID: userID, environment: environment) {
            do throws(DBusError) {
                let connection = try DBusConnection.open(address, isBus: isBus, before: deadline)
                return SystemdManager(connection: connection, isBus: isBus, isUser: isUser)
            } catch {
                // The first is the proper one: its failure is told, unless it is only missing.
                if case .address = failure { failure = error }
            }
        }
        throw CgroupError(
            .systemd, "cannot connect to \(isUser ? "the user's" : "the system's") systemd: \(failure)",
            hint: isUser
                ? "log in with a session (machinectl shell, ssh), install dbus-user-session, and check that "
                    + "XDG_RUNTIME_DIR or DBUS_SESSION_BUS_ADDRESS is set; loginctl enable-linger keeps the manager running"
                : "systemd must be the init system, or do without systemd")
    }

    static func addresses(
        isUser: Bool, userID: UInt32, environment: (String) -> String?
    ) -> [(address: String, isBus: Bool)] {
        func nonEmpty(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if !isUser {
            return [
                (nonEmpty("DBUS_SYSTEM_BUS_ADDRESS") ?? busAddress(ofSocket: "/run/dbus/system_bus_socket"), true),
                (busAddress(ofSocket: "/run/systemd/private"), false),
            ]
        }
        if let address = nonEmpty("DBUS_SESSION_BUS_ADDRESS") { return [(address, true)] }
        let directory = nonEmpty("XDG_RUNTIME_DIR") ?? "/run/user/\(userID)"
        return [
            (busAddress(ofSocket: directory + "/bus"), true), (busAddress(ofSocket: directory + "/systemd/private"), false),
        ]
    }

    private init(connection: consuming DBusConnection, isBus: Bool, isUser: Bool) {
        self.connection = connection
        self.isBus = isBus
        self.isUser = isUser
    }

    private mutating func call(
        _ member: String, _ body: [DBusValue], interface: String = SystemdManager.interface, before deadline: Deadline
    ) throws(DBusError) -> [DBusValue] {
        try connection.call(
            DBusMessage(
                .call, path: SystemdManager.object, interface: interface, member: member,
                destination: isBus ? SystemdManager.service : nil, body: body), before: deadline)
    }

    /// A property of the manager.
    private mutating func property(_ name: String, before deadline: Deadline) throws(CgroupError) -> String {
        do throws(DBusError) {
            let values = try call(
                "Get", [.string(SystemdManager.interface), .string(name)], interface: "org.freedesktop.DBus.Properties",
                before: deadline)
            if let text = values.first?.unwrapped.text { return text }
        } catch {
            throw SystemdManager.failure("cannot ask systemd for \(name)", error)
        }
        throw CgroupError(.malformed, "systemd's \(name) is no text")
    }

    /// The version, such as 252. Distributions write it as `252.39-1~deb12u1`.
    package mutating func version(before deadline: Deadline) throws(CgroupError) -> Int {
        let text = try property("Version", before: deadline)
        guard let version = SystemdManager.version(text) else {
            throw CgroupError(.malformed, "systemd's version \"\(text.escaped)\" has no number")
        }
        return version
    }

    static func version(_ text: String) -> Int? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "v") || $0 == UInt8(ascii: "\"") }.prefix { $0.isDigit }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The manager's own group, such as `/user.slice/user-1000.slice/user@1000.service`. Units of a user are below it.
    package mutating func controlGroup(before deadline: Deadline) throws(CgroupError) -> String {
        isUser ? try property("ControlGroup", before: deadline) : ""
    }

    /// Starts a transient unit and waits until it is there, with the process inside.
    ///
    /// A unit that failed earlier and has the same name is reset first.
    /// - Throws: `CgroupError` of kind `populated` when the unit is running, `timedOut`, or `systemd`.
    package mutating func start(
        _ unit: SystemdUnit, _ properties: [SystemdProperty], before deadline: Deadline
    ) throws(CgroupError) {
        do throws(DBusError) {
            try subscribe(before: deadline)
            do throws(DBusError) {
                try startOnce(unit, properties, before: deadline)
            } catch .remote(name: "org.freedesktop.systemd1.UnitExists", _) {
                if unit.isSlice { return }
                _ = try? call("ResetFailedUnit", [.string(unit.name)], before: deadline)
                try startOnce(unit, properties, before: deadline)
            }
        } catch {
            _ = try? call("ResetFailedUnit", [.string(unit.name)], before: Deadline(milliseconds: 1000))
            if case .remote(name: "org.freedesktop.systemd1.UnitExists", _) = error {
                throw CgroupError(
                    .populated, "the unit \(unit.name) exists already",
                    hint: "another container has it: systemctl status \(unit.name)")
            }
            throw SystemdManager.failure("unable to start unit \"\(unit.name)\"", error)
        }
    }

    private mutating func startOnce(
        _ unit: SystemdUnit, _ properties: [SystemdProperty], before deadline: Deadline
    ) throws(DBusError) {
        let job = try call(
            "StartTransientUnit",
            [
                .string(unit.name), .string("replace"),
                .array(element: "(sv)", properties.map { .structure([.string($0.name), .variant($0.value)]) }),
                .array(element: "(sa(sv))", []),
            ], before: deadline)
        let result = try awaitJob(job.first?.text, "the start of \(unit.name)", before: deadline)
        if result != "done" { throw .remote(name: "job", message: "systemd's job ended with \"\(result)\"") }
    }

    /// Stops a unit, which ends what is left in it, and waits until it is gone. One that is gone already is fine.
    /// - Throws: `CgroupError` of kind `timedOut` or `systemd`.
    package mutating func stop(_ unit: SystemdUnit, before deadline: Deadline) throws(CgroupError) {
        do throws(DBusError) {
            try subscribe(before: deadline)
            do throws(DBusError) {
                let job = try call("StopUnit", [.string(unit.name), .string("replace")], before: deadline)
                _ = try awaitJob(job.first?.text, "the stop of \(unit.name)", before: deadline)
            } catch .remote(name: "org.freedesktop.systemd1.NoSuchUnit", _) {
            }
            // A unit that failed stays until it is reset.
            _ = try? call("ResetFailedUnit", [.string(unit.name)], before: deadline)
        } catch {
            throw SystemdManager.failure("unable to stop unit \"\(unit.name)\"", error)
        }
    }

    /// Changes properties of a running unit until it ends.
    package mutating func set(
        _ properties: [SystemdProperty], of unit: SystemdUnit, before deadline: Deadline
    ) throws(CgroupError) {
        if properties.isEmpty { return }
        do throws(DBusError) {
            _ = try call(
                "SetUnitProperties",
                [
                    .string(unit.name), .boolean(true),
                    .array(element: "(sv)", properties.map { .structure([.string($0.name), .variant($0.value)]) }),
                ], before: deadline)
        } catch {
            throw SystemdManager.failure("unable to set unit properties of \"\(unit.name)\"", error)
        }
        // systemd answers first and writes the files then, before it looks at another message.
        _ = try version(before: deadline)
    }

    /// Has systemd move processes into a unit, or a group inside it: the way for a user, who may not move them out of the
    /// session's group.
    /// - Parameter group: a path inside the unit's group, such as `/workers`; empty for the unit's own.
    package mutating func attach(
        _ processes: [Int32], to unit: SystemdUnit, group: String = "", before deadline: Deadline
    ) throws(CgroupError) {
        let parts = group.parts(at: "/").filter { $0 != "." }
        if parts.contains("..") { throw CgroupError(.invalidPath, "bad sub cgroup path: \(group.escaped)") }
        do throws(DBusError) {
            _ = try call(
                "AttachProcessesToUnit",
                [
                    .string(unit.name), .string("/" + parts.joined(separator: "/")),
                    .array(element: "u", processes.map { .uint32(UInt32(bitPattern: $0)) }),
                ], before: deadline)
        } catch {
            throw SystemdManager.failure("unable to move processes into unit \"\(unit.name)\"", error)
        }
    }

    private mutating func subscribe(before deadline: Deadline) throws(DBusError) {
        if isSubscribed { return }
        if isBus {
            _ = try connection.call(
                DBusMessage(
                    .call, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "AddMatch",
                    destination: "org.freedesktop.DBus",
                    body: [
                        .string(
                            "type='signal',sender='\(SystemdManager.service)',interface='\(SystemdManager.interface)',"
                                + "member='JobRemoved',path='\(SystemdManager.object)'")
                    ]), before: deadline)
        }
        do throws(DBusError) {
            _ = try call("Subscribe", [], before: deadline)
        } catch .remote(name: "org.freedesktop.systemd1.AlreadySubscribed", _) {
        }
        isSubscribed = true
    }

    /// JobRemoved(u number, o job, s unit, s result).
    private mutating func awaitJob(_ job: String?, _ what: String, before deadline: Deadline) throws(DBusError) -> String {
        guard let job else { throw .malformed("no job in the answer") }
        let signal = try connection.signal(what, before: deadline) {
            $0.member == "JobRemoved" && $0.interface == SystemdManager.interface && $0.body.count == 4
                && $0.body[1] == .objectPath(job)
        }
        return signal.body[3].text ?? ""
    }

    private static func failure(_ what: String, _ error: DBusError) -> CgroupError {
        var kind = CgroupError.Kind.systemd
        var hint: String?
        switch error {
        case .timedOut: (kind, hint) = (.timedOut, "systemd does not answer; see systemctl status and journalctl")
        case .remote(name: "org.freedesktop.DBus.Error.AccessDenied", _),
            .remote(name: "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", _):
            (kind, hint) = (.permission, "only root may use the system's manager; users have one of their own")
        case .remote(name: "org.freedesktop.DBus.Error.PropertyReadOnly", _),
            .remote(name: "org.freedesktop.DBus.Error.UnknownProperty", _):
            hint = "this version of systemd does not know a property; check annotations org.systemd.property.*"
        default: break
        }
        return CgroupError(kind, "\(what): \(error)", hint: hint)
    }
}
