internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

extension Flag {
    static let interval = Flag("interval", .duration, standard: "5s", "the time between statistics, such as 500ms or 1m30s")
    static let statistics = Flag("stats", .bool, "print statistics once")
    static let pressure = Flag("pressure", .text, "also tell when memory gets scarce: low, medium or critical")
}

extension Subcommand {
    static let events = Subcommand(
        name: "events", summary: "print what a container uses, and when it runs out of memory",
        arguments: containerID,
        explanation: """
            Prints one JSON object per line: statistics at each interval, and out of memory when it happens. Ends when the
            container stops.
            """,
        flags: [.interval, .statistics, .pressure],
        arity: .exactly(1), run: EventsCommand.run)
}

/// `events`: statistics and notices of a container.
enum EventsCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let interval = invocation.flags.duration(.interval) ?? 5_000_000_000
        guard interval > 0 else { throw CommandFailure("duration interval must be greater than 0") }
        let pressure = try pressure(invocation.flags.text(.pressure))
        let runtime = invocation.runtime
        if invocation.flags.bool(.statistics) {
            let data = try invocation.calling { (runtime) throws(Failure) in try runtime.statistics(id).jsonText() }
            invocation.output.write(EventLine.text("stats", id: id, data: data))
            return 0
        }
        try EventStream(invocation: invocation, runtime: runtime, id: id).run(interval: Int64(interval), pressure)
        return 0
    }

    private static func pressure(_ text: String) throws(CommandFailure) -> ContainerWatch.Pressure? {
        if text.isEmpty { return nil }
        guard let level = ContainerWatch.Pressure(rawValue: text) else {
            throw CommandFailure("invalid value \(Quoted.go(text)) for flag -pressure: low, medium or critical")
        }
        return level
    }
}

/// One line of `events`.
enum EventLine {
    /// - Parameter data: the text of an object; left out when it is nil.
    static func text(_ type: String, id: String, data: String? = nil) -> String {
        let head = "{\"type\":\(JSONValue.string(type).encodedText()),\"id\":\(JSONValue.string(id).encodedText())"
        return head + (data.map { ",\"data\":\($0)" } ?? "") + "}\n"
    }
}

/// The lines of `events`, each written when it is due.
struct EventStream {
    let invocation: Invocation
    let runtime: Runtime
    let id: String

    func run(interval: Int64, _ pressure: ContainerWatch.Pressure?) throws(CommandFailure) {
        var watch: ContainerWatch
        do throws(Failure) {
            watch = try runtime.watch(id, pressure: pressure)
        } catch {
            throw CommandFailure(error)
        }
        // Who waits for lines should also see the warnings now.
        invocation.log.flush()
        let milliseconds = max(1, interval / 1_000_000)
        var deadline = Deadline(milliseconds: milliseconds)
        while true {
            let event: ContainerWatch.Event?
            do throws(Failure) {
                event = try watch.next(milliseconds: deadline.milliseconds)
            } catch {
                throw CommandFailure(error)
            }
            switch event {
            case .outOfMemory: try write(EventLine.text("oom", id: id))
            case .pressure: try write(EventLine.text("pressure", id: id))
            case .stopped: return
            case nil:
                deadline = Deadline(milliseconds: milliseconds)
                try writeStatistics()
            }
        }
    }

    private func writeStatistics() throws(CommandFailure) {
        let data: String
        do throws(Failure) {
            data = try runtime.statistics(id).jsonText()
        } catch where error.code == .notRunning || error.code == .notFound {
            return  // the watch tells of its end
        } catch {
            // One reading that fails is no reason to miss what comes.
            invocation.log.warning("\(error)")
            invocation.log.flush()
            return
        }
        try write(EventLine.text("stats", id: id, data: data))
    }

    private func write(_ line: String) throws(CommandFailure) {
        invocation.output.write(line)
        do throws(KernelError) {
            try invocation.output.flush()
        } catch {
            throw CommandFailure("write standard output: \(error.errno)")
        }
    }
}
