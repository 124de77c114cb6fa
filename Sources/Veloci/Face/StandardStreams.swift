/// What one standard stream of a program is.
public enum StandardStream: Hashable, Sendable {
    /// Nothing: the null device.
    case null
    /// The same stream of this program; where that is closed, nothing.
    case inherited
    /// An open descriptor of this program, which stays the caller's.
    case descriptor(Int32)
    /// A new pipe, whose other end the process's handle has.
    case pipe
}

/// The standard streams of a program without a terminal. Nothing of the host program's own unless it is asked for.
public struct StandardStreams: Hashable, Sendable {
    /// What the program reads from (0).
    public var input: StandardStream
    /// What the program writes to (1).
    public var output: StandardStream
    /// Where the program complains (2).
    public var error: StandardStream

    /// Streams; those that are not named are the null device.
    public init(input: StandardStream = .null, output: StandardStream = .null, error: StandardStream = .null) {
        self.input = input
        self.output = output
        self.error = error
    }

    /// The null device for all.
    public static var null: StandardStreams { StandardStreams() }
    /// Those of this program, as a command line wants it.
    public static var inherited: StandardStreams { StandardStreams(input: .inherited, output: .inherited, error: .inherited) }
    /// Output and error by pipes of their own; nothing to read.
    public static var collected: StandardStreams { StandardStreams(output: .pipe, error: .pipe) }
}
