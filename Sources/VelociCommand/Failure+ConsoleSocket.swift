internal import Veloci

extension Failure {
    /// RUNC's words: a terminal goes to a socket only when nobody stays to carry it.
    static let uselessConsoleSocket = Failure(
        .invalidArgument, "cannot use console socket if veloci will not detach or allocate tty")
    /// RUNC's words, for the opposite.
    static let missingConsoleSocket = Failure(
        .invalidArgument, "cannot allocate tty if veloci will detach without setting console socket",
        hint: "give --console-socket")
}
