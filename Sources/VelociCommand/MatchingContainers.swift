internal import CLibrary
internal import Veloci

extension Flag {
    /// crun's.
    static let matching = Flag(
        "regex", "r", .bool, "take the id for an extended regular expression: all containers that match it in some place")
}

extension Invocation {
    /// Does something to the container that is named, or with `--regex` to all that match.
    ///
    /// One that refuses does not keep it from the others.
    /// - Throws: the first refusal.
    func forEachContainer(_ body: (Runtime, String) throws(Failure) -> Void) throws(CommandFailure) {
        let id = try id
        guard flags.bool(.matching) else {
            return try calling { (runtime) throws(Failure) in try body(runtime, id) }
        }
        var refusal: CommandFailure?
        for container in try matching(id) {
            do throws(CommandFailure) {
                try calling("\(container): ") { (runtime) throws(Failure) in try body(runtime, container) }
            } catch {
                if refusal != nil { log.warning(error.message) }
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
    }

    private func matching(_ expression: String) throws(CommandFailure) -> [String] {
        // Before the containers: an expression that is none is wrong without any.
        _ = try matches(expression, "")
        var found: [String] = []
        let states = try calling { (runtime) throws(Failure) in try runtime.list() }
        for state in states where try matches(expression, state.id) { found.append(state.id) }
        return found
    }

    private func matches(_ expression: String, _ text: String) throws(CommandFailure) -> Bool {
        var reason = [CChar](repeating: 0, count: 256)
        let result = reason.withUnsafeMutableBufferPointer { reason in
            reason.baseAddress.map { library_matches(expression, text, $0, reason.count) } ?? -1
        }
        if result < 0 {
            let words = reason.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            throw CommandFailure("invalid regular expression \(Quoted.go(expression)): \(words)")
        }
        return result > 0
    }
}
