internal import ByteText
internal import CLibrary
internal import LinuxKernel

/// The program: reads the command line, does what it says, and tells the outcome as runc would.
///
/// Synchronous and single-threaded: one task of Swift's concurrency would start a thread per processor.
package struct Program {
    /// As called, which is what runc names in its complaints.
    private let name: String
    private let texts: ArraySlice<String>
    private let environment: (String) -> String?
    private let output: Output
    private let log: Log

    /// Runs the program and returns its exit code.
    ///
    /// - Parameter arguments: the program's name and what follows it.
    static func run(_ arguments: [String]) -> Int32 {
        InheritedDescriptors.openStandardStreams()
        library_hear_of_children()
        let program = Program(
            arguments, environment: { name in unsafe getenv(name).map { unsafe String(cString: $0) } }, output: Output(),
            log: Log())
        return program.run()
    }

    init(_ arguments: [String], environment: @escaping (String) -> String?, output: Output, log: Log) {
        name = arguments.first ?? "veloci"
        texts = arguments.dropFirst()
        self.environment = environment
        self.output = output
        self.log = log
    }

    func run() -> Int32 {
        do throws(CommandFailure) {
            let code = try dispatch()
            try flushOutput()
            log.flush()
            return code
        } catch {
            // What was printed before the failure belongs to the caller as well; the failure itself matters more.
            try? output.flush()
            log.error(error.message, hint: error.hint, isBare: error.isBare)
            return error.exitCode
        }
    }

    private func dispatch() throws(CommandFailure) -> Int32 {
        let parsed: CommandLineParser.Result
        do throws(CommandLineParser.UsageError) {
            parsed = try CommandLineParser(flags: GlobalOptions.flags, argumentLimit: 1, leavesRestAlone: true).parse(texts)
        } catch {
            return try usageFailure(error, help: Help.program(helpName, Subcommands.all()))
        }
        if parsed.wantsHelp { return try help(parsed.arguments) }
        if parsed.flags.bool(.version) {
            output.write(Version.text(helpName))
            return 0
        }
        guard let commandName = parsed.arguments.first else { return try help([]) }
        if commandName == "help" || commandName == "h" {
            try GlobalOptions.configure(log, parsed.flags)
            return try help(Array(parsed.arguments.dropFirst()))
        }
        guard let command = Subcommands.named(commandName) else {
            try GlobalOptions.configure(log, parsed.flags)
            throw Self.noSuchCommand(commandName)
        }
        return try run(command, parsed.arguments.dropFirst(), parsed.flags)
    }

    private func run(
        _ command: Subcommand, _ texts: ArraySlice<String>, _ globalFlags: FlagValues
    ) throws(CommandFailure) -> Int32 {
        var globalFlags = globalFlags
        let parsed: CommandLineParser.Result
        let parser = CommandLineParser(
            flags: command.flags, globalFlags: GlobalOptions.flags, argumentLimit: command.argumentLimit)
        do throws(CommandLineParser.UsageError) {
            parsed = try parser.parse(texts)
        } catch {
            try GlobalOptions.configure(log, globalFlags)
            return try usageFailure(error, help: Help.command(helpName, command))
        }
        if parsed.wantsHelp {
            output.write(Help.command(helpName, command))
            return 0
        }
        globalFlags.append(contentsOf: parsed.globalFlags)
        try GlobalOptions.configure(log, globalFlags)
        let global = try GlobalOptions(globalFlags, environment: environment)
        if let complaint = command.arity.complaint(parsed.arguments.count, program: name, command: command.name) {
            output.write("Incorrect Usage.\n\n" + Help.command(helpName, command))
            throw CommandFailure(complaint)
        }
        let invocation = Invocation(
            global: global, flags: parsed.flags, arguments: parsed.arguments, output: output, log: log,
            environment: environment)
        return try command.run(invocation)
    }

    /// The name without directories, for help.
    private var helpName: String { name.parts(at: "/").last ?? name }

    private func help(_ arguments: [String]) throws(CommandFailure) -> Int32 {
        guard let topic = arguments.first else {
            output.write(Help.program(helpName, Subcommands.all()))
            return 0
        }
        guard let command = Subcommands.named(topic) else { throw Self.noSuchCommand(topic) }
        output.write(Help.command(helpName, command))
        return 0
    }

    /// RUNC: help goes to standard output, the reason to the log; asking for help excuses everything behind it.
    private func usageFailure(
        _ error: CommandLineParser.UsageError, help: @autoclosure () -> String
    ) throws(CommandFailure) -> Int32 {
        guard !error.wantsHelp else {
            output.write(help())
            return 0
        }
        output.write("Incorrect Usage: \(error.message)\n\n" + help())
        throw CommandFailure(error.message)
    }

    private static func noSuchCommand(_ name: String) -> CommandFailure {
        let hint = Subcommands.nearest(name).map { "did you mean \($0)?" }
        return CommandFailure("No help topic for '\(name)'", hint: hint, exitCode: 3)
    }

    private func flushOutput() throws(CommandFailure) {
        do throws(KernelError) {
            try output.flush()
        } catch {
            throw CommandFailure("write standard output: \(error.errno)")
        }
    }
}
