internal import ContainerPlan
internal import RuntimeSpec
internal import Seccomp

/// Compiles a seccomp profile for a plan.
enum FilterCompiler {
    static func compile(_ profile: SeccompProfile, _ warnings: inout [String]) throws(Failure) -> SeccompFilter? {
        let compiled: SeccompProgram?
        do throws(SeccompError) {
            compiled = try SeccompCompiler.compile(profile)
        } catch {
            throw Failure(.invalidConfiguration, error.message, path: error.path)
        }
        guard let program = compiled else { return nil }
        if !program.unknownSystemCalls.isEmpty {
            warnings.append("seccomp: no such system call here: \(program.unknownSystemCalls.joined(separator: " "))")
        }
        return unsafe SeccompFilter(
            program: program.withBytes { unsafe Array($0) }, flags: UInt64(program.flags), needsListener: program.needsListener)
    }
}
