public import LinuxKernel

/// Why a call over the bus did not give an answer.
public enum DBusError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed.
    case kernel(KernelError)
    /// The address is in a form that is not understood.
    case address(String)
    /// The bus did not accept who we are.
    case authentication(String)
    /// No answer came before the deadline.
    case timedOut(String)
    /// The other side closed the connection.
    case closed
    /// The other side sent what is no message.
    case malformed(String)
    /// The other side answered with an error: its name, such as `org.freedesktop.systemd1.UnitExists`, and its text.
    case remote(name: String, message: String)

    public var description: String {
        switch self {
        case .kernel(let error): error.description
        case .address(let text): "cannot use the bus address \"\(text)\""
        case .authentication(let text): "the bus refused the authentication: \(text)"
        case .timedOut(let what): "no answer in time to \(what)"
        case .closed: "the other side closed the connection"
        case .malformed(let text): "malformed message: \(text)"
        case .remote(let name, let message): message.isEmpty ? name : "\(message) (\(name))"
        }
    }
}
