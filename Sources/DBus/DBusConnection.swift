internal import ByteText
public import LinuxKernel

/// A connection to a message bus, or to one peer. Calls are answered in order of their numbers; signals that arrive
/// meanwhile are kept. Nothing blocks beyond its deadline.
public struct DBusConnection: ~Copyable {
    private let socket: Descriptor
    private var received: [UInt8] = []
    private var lastSerial: UInt32 = 0
    private var signals: [DBusMessage] = []
    /// Our name on the bus, such as `:1.42`; nil when the other side is no bus.
    public private(set) var uniqueName: String?

    /// How many signals are kept that nobody asked for; the oldest go first.
    private static let keptSignals = 256

    /// Connects to the first address of a list that can be reached, and says who we are.
    /// - Parameters:
    ///   - addresses: as in DBUS_SESSION_BUS_ADDRESS, such as `unix:path=/run/dbus/system_bus_socket`.
    ///   - isBus: whether to register with the bus; a peer such as /run/systemd/private does not know how.
    public static func open(
        _ addresses: String, isBus: Bool = true, before deadline: Deadline
    ) throws(DBusError) -> DBusConnection {
        var connection = DBusConnection(socket: try connect(addresses, before: deadline))
        try connection.authenticate(before: deadline)
        if isBus {
            let name = try connection.call(
                DBusMessage(
                    .call, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "Hello",
                    destination: "org.freedesktop.DBus"), before: deadline)
            connection.uniqueName = name.first?.text
        }
        return connection
    }

    /// Over a socket that is connected already.
    init(socket: Int32) {
        self.socket = Descriptor(owning: socket)
    }

    private static func connect(_ addresses: String, before deadline: Deadline) throws(DBusError) -> Int32 {
        var failure = DBusError.address(addresses)
        for text in addresses.parts(at: ";") {
            do throws(DBusError) {
                let address = try DBusAddress(text)
                do throws(KernelError) {
                    return try StreamSockets.connect(address.name, isAbstract: address.isAbstract, before: deadline).release()
                } catch {
                    failure = .kernel(error)
                }
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// EXTERNAL without a name: the other side takes the identity that the kernel tells it (SO_PEERCRED). So it is right in
    /// a user namespace as well, where our own idea of our uid is another.
    mutating func authenticate(before deadline: Deadline) throws(DBusError) {
        try send([0] + Array("AUTH EXTERNAL\r\nDATA\r\n".utf8), "authentication", before: deadline)
        var line = try line(before: deadline)
        if line.begins(with: "DATA") { line = try self.line(before: deadline) }
        guard line.begins(with: "OK") else { throw .authentication(line) }
        try send(Array("BEGIN\r\n".utf8), "authentication", before: deadline)
    }

    private mutating func line(before deadline: Deadline) throws(DBusError) -> String {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<end].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
                received.removeSubrange(...end)
                return line
            }
            guard received.count < 4096 else { throw .authentication("a line without end") }
            try receive("authentication", before: deadline)
        }
    }

    /// Calls a method and waits for its answer.
    /// - Returns: the values of the answer.
    /// - Throws: `DBusError.remote` when the answer is an error; `timedOut` when none comes.
    public mutating func call(_ message: DBusMessage, before deadline: Deadline) throws(DBusError) -> [DBusValue] {
        lastSerial &+= 1
        let serial = lastSerial
        var message = message
        message.serial = serial
        let what = "\(message.interface ?? "").\(message.member ?? "")"
        try send(message.encoded(), what, before: deadline)
        while true {
            let answer = try next(what, before: deadline)
            switch answer.kind {
            case .reply where answer.replySerial == serial: return answer.body
            case .error where answer.replySerial == serial:
                throw .remote(name: answer.errorName ?? "", message: answer.body.first?.text ?? "")
            case .signal: keep(answer)
            default: break
            }
        }
    }

    /// Waits for a signal, which may have come already.
    public mutating func signal(
        _ what: String, before deadline: Deadline, where isWanted: (DBusMessage) -> Bool
    ) throws(DBusError) -> DBusMessage {
        if let index = signals.firstIndex(where: isWanted) { return signals.remove(at: index) }
        while true {
            let message = try next(what, before: deadline)
            guard message.kind == .signal else { continue }
            if isWanted(message) { return message }
            keep(message)
        }
    }

    private mutating func keep(_ signal: DBusMessage) {
        signals.append(signal)
        if signals.count > DBusConnection.keptSignals { signals.removeFirst() }
    }

    mutating func next(_ what: String, before deadline: Deadline) throws(DBusError) -> DBusMessage {
        while true {
            if let length = try DBusMessage.length(received[...]), received.count >= length {
                let message = try DBusMessage(received[..<length])
                received.removeSubrange(..<length)
                return message
            }
            try receive(what, before: deadline)
        }
    }

    private mutating func receive(_ what: String, before deadline: Deadline) throws(DBusError) {
        let bytes: [UInt8]?
        do throws(KernelError) {
            bytes = try StreamSockets.receive(from: socket, before: deadline)
        } catch {
            throw .kernel(error)
        }
        guard let bytes else { throw .timedOut(what) }
        if bytes.isEmpty { throw .closed }
        received += bytes
    }

    mutating func send(_ bytes: [UInt8], _ what: String, before deadline: Deadline) throws(DBusError) {
        var done = false
        do throws(KernelError) {
            done = try StreamSockets.send(bytes, over: socket, before: deadline)
        } catch {
            throw .kernel(error)
        }
        if !done { throw .timedOut(what) }
    }
}

/// One address of a bus (D-Bus specification, "Server Addresses"); only sockets of this machine.
struct DBusAddress: Equatable {
    var name: String
    var isAbstract: Bool

    init(_ text: String) throws(DBusError) {
        guard let pairs = text.after("unix:") else { throw .address(text) }
        for pair in pairs.parts(at: ",") {
            guard let (key, escaped) = pair.halves(at: "="), let value = DBusAddress.unescaped(escaped) else { continue }
            switch key {
            case "path": (name, isAbstract) = (value, false)
            case "abstract": (name, isAbstract) = (value, true)
            default: continue
            }
            return
        }
        throw .address(text)
    }

    /// A path as part of an address.
    static func escaped(_ path: String) -> String {
        path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"),
                UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: "\\"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }

    private static func unescaped(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The address of a socket at a path.
public func busAddress(ofSocket path: String) -> String { "unix:path=" + DBusAddress.escaped(path) }
