internal import RuntimeSpec

extension Timeline {
    /// A table for people: microseconds since the first step, and the steps as a plan prints them.
    public var table: String {
        let events = ordered
        let origin = events.first?.start ?? 0
        var text = "   START µs  DURATION µs  ACTOR  STEP\n"
        for event in events {
            text += Timeline.padded(Timeline.microseconds(event.start - origin, digits: 1), 11) + "  "
            text += Timeline.padded(Timeline.microseconds(event.duration, digits: 1), 11) + "  "
            text += event.actor == .host ? "host   " : "stage  "
            if let number = event.number { text += "\(number)  " }
            text += event.text + (event.place.isEmpty ? "" : "  # " + event.place) + "\n"
        }
        if untimed > 0 { text += "\(untimed) more steps of the stage have no time\n" }
        return text
    }

    /// JSON in the Trace Event Format, which Perfetto and Chrome's about:tracing show: one process with a thread per actor.
    ///
    /// Times are of the machine's own clock, so that several files of one machine can be laid beside each other.
    ///
    /// - Parameter name: what the process is called there.
    public func traceEvents(_ name: String) -> String {
        var lines = [Timeline.metadata("process_name", .host, name)]
        for actor in [Actor.host, .stage] { lines.append(Timeline.metadata("thread_name", actor, actor.description)) }
        for event in ordered {
            var arguments = event.number.map { ["\"step\":\($0)"] } ?? []
            if !event.place.isEmpty { arguments.append("\"path\":" + Timeline.quoted(event.place)) }
            lines.append(
                "{\"name\":\(Timeline.quoted(event.text)),\"cat\":\"\(event.actor.description)\",\"ph\":\"X\",\"pid\":1,"
                    + "\"tid\":\(event.actor.rawValue),\"ts\":\(Timeline.microseconds(event.start, digits: 3)),"
                    + "\"dur\":\(Timeline.microseconds(event.duration, digits: 3)),"
                    + "\"args\":{\(arguments.joined(separator: ","))}}")
        }
        return "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n" + lines.joined(separator: ",\n") + "\n]}\n"
    }

    private static func metadata(_ kind: String, _ actor: Actor, _ name: String) -> String {
        "{\"name\":\"\(kind)\",\"ph\":\"M\",\"pid\":1,\"tid\":\(actor.rawValue),\"args\":{\"name\":\(quoted(name))}}"
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).encodedText() }

    /// Nanoseconds, not negative, as microseconds with digits behind the point; what is less is cut off.
    private static func microseconds(_ nanoseconds: Int64, digits: Int) -> String {
        let fraction = String(nanoseconds % 1000 + 1000).utf8.dropFirst().prefix(digits)
        return "\(nanoseconds / 1000)." + String(decoding: fraction, as: UTF8.self)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}
