/// What takes back the effects of an operation that does not succeed, last effect first.
final class Rollback {
    private var actions: [() -> Void] = []

    func add(_ action: @escaping () -> Void) {
        actions.append(action)
    }

    /// The operation succeeded: its effects stay.
    func commit() {
        actions = []
    }

    /// Takes everything back now.
    func run() {
        while let action = actions.popLast() { action() }
    }

    deinit {
        run()
    }
}
