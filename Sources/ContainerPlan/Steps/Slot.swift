/// A descriptor that the stage holds: given by the host, or opened by a step.
public struct Slot: Hashable, Sendable {
    /// The index into the stage's table.
    public let index: Int
}
