internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

extension Subcommand {
    static let mounts = Subcommand(
        name: "mounts", summary: "add mounts to a container that runs, or remove them",
        arguments: "add|remove <container-id> <file>",
        explanation: """
            The file holds a list of mounts as config.json has it under mounts; - is standard input. Mounts that are added
            are made in their order; of those that are removed, the last first, only the destinations count.
            """,
        arity: .exactly(3), run: MountsCommand.run)
}

/// `mounts`: crun's commands for a container that exists.
enum MountsCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let (action, id) = (invocation.arguments[0], invocation.arguments[1])
        guard action == "add" || action == "remove" else {
            throw CommandFailure("unknown command \(Quoted.go(action)) of mounts: add and remove are known")
        }
        let mounts = try read(invocation.arguments[2])
        try invocation.calling { (runtime) throws(Failure) in
            if action == "add" { try runtime.addMounts(mounts, to: id) } else { try runtime.removeMounts(mounts, from: id) }
        }
        return 0
    }

    private static func read(_ file: String) throws(CommandFailure) -> [Mount] {
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try Files.read(file == "-" ? "/proc/self/fd/0" : file)
        } catch {
            throw CommandFailure("open \(file): \(error.errno)")
        }
        do throws(DecodingFailure) {
            let list = try JSONValue.decode(bytes)
            // A list alone is no document; where it stands in one, its places have their usual names.
            let document: JSONValue = ["ociVersion": "1.0.0", "mounts": list]
            return try Spec.decode(document.encoded()).mounts ?? []
        } catch {
            throw CommandFailure("\(file): " + (error.diagnostics.first?.description ?? "not a list of mounts"))
        }
    }
}
