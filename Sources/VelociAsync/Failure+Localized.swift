public import FoundationEssentials
public import Veloci

/// For whoever shows any error there is.
extension Failure: LocalizedError {
    /// The failure's one line.
    public var errorDescription: String? { description }
}
