internal import ByteText
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

    private func matching(_ text: String) throws(CommandFailure) -> [String] {
        let expression: RegularExpression
        do throws(RegularExpression.Problem) {
            expression = try RegularExpression(text)
        } catch {
            throw CommandFailure("invalid regular expression \(Quoted.go(text)): \(error.message)")
        }
        return try calling { (runtime) throws(Failure) in try runtime.list() }.map { $0.id }.filter { expression.isFound(in: $0) }
    }
}
