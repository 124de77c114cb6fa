internal import RuntimeSpec

/// The steps of host and container's process in one order of time.
public struct Timeline: Equatable, Sendable {
    /// Who performs a step.
    public enum Actor: Int, Sendable, CustomStringConvertible {
        /// The calling process.
        case host = 1
        /// The container's process, until it executes the program.
        case stage

        public var description: String {
            switch self {
            case .host: "host"
            case .stage: "stage"
            }
        }
    }

    /// One step, with its time.
    public struct Event: Equatable, Sendable {
        /// Who performed it.
        public var actor: Actor
        /// The number by which plans and errors call a step of the container's process; the host's have none.
        public var number: Int?
        /// What it does.
        public var text: String
        /// The place in config.json that asked for it; empty for veloci's own need.
        public var place: String
        /// Nanoseconds of CLOCK_MONOTONIC.
        public var start: Int64
        /// Nanoseconds.
        public var duration: Int64
    }

    /// The steps, each actor's in its order.
    public private(set) var events: [Event] = []
    /// How many steps had no room for their time.
    public private(set) var untimed = 0

    init() {}

    mutating func add(host text: String, _ place: String, from start: Int64, until end: Int64) {
        events.append(Event(actor: .host, text: text, place: place, start: start, duration: end - start))
    }

    /// Adds the steps of the container's process: each lasts until the next begins, the last until `end`.
    ///
    /// - Parameter clocks: when each step began, by its number; 0 for one that was not reached.
    mutating func add(stage steps: [StepAccount], _ clocks: [UInt64], from beginning: Int64, until end: Int64) {
        var added: [Event] = []
        var shift: Int64 = 0
        for step in steps {
            guard clocks.indices.contains(step.number) else {
                if clocks.last != 0 { untimed += 1 }
                continue
            }
            let clock = Int64(truncatingIfNeeded: clocks[step.number])
            if clock == 0 { continue }
            var start = clock - shift
            if let previous = added.last {
                // time_namespaces(7): from the moment on at which the process is in another time namespace its clock is shifted.
                if start < previous.start || start > end {
                    shift = clock - previous.start
                    start = previous.start
                }
            } else if start < beginning || start > end {
                // What `start` finds under way has begun in `create`.
                shift = start > end ? start - beginning : 0
                start = beginning
            }
            added.append(
                Event(
                    actor: .stage, number: step.number, text: step.text, place: step.origin.description, start: start,
                    duration: 0))
        }
        for index in added.indices {
            let next = index + 1 < added.count ? added[index + 1].start : end
            added[index].duration = next - added[index].start
        }
        events += added
    }

    /// The steps by the time at which they began.
    public var ordered: [Event] {
        let order = events.indices.sorted { one, other in
            events[one].start != events[other].start ? events[one].start < events[other].start : one < other
        }
        return order.map { events[$0] }
    }
}
