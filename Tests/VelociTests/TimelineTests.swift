import RuntimeSpec
import Testing

@testable import Veloci

/// What is made of the clocks that host and stage read.
@Suite struct TimelineTests {
    private static func steps(_ texts: [String], from first: Int = 1) -> [StepAccount] {
        texts.enumerated().map {
            StepAccount(
                number: first + $0.offset, text: $0.element, origin: $0.offset == 0 ? JSONPath() : JSONPath("mounts[0]")!,
                subject: .other)
        }
    }

    private static var example: Timeline {
        var timeline = Timeline()
        timeline.add(host: "clone \"it\"", "", from: 1_000_000, until: 1_500_040)
        timeline.add(host: "run\n a hook", "hooks.prestart[0]", from: 1_600_000, until: 1_650_000)
        timeline.add(stage: steps(["wait", "mount"]), [0, 1_400_000, 1_700_001], from: 1_000_000, until: 1_800_000)
        return timeline
    }

    @Test func jsonForViewers() {
        #expect(
            Self.example.traceEvents("veloci run web") == #"""
                {"displayTimeUnit":"ns","traceEvents":[
                {"name":"process_name","ph":"M","pid":1,"tid":1,"args":{"name":"veloci run web"}},
                {"name":"thread_name","ph":"M","pid":1,"tid":1,"args":{"name":"host"}},
                {"name":"thread_name","ph":"M","pid":1,"tid":2,"args":{"name":"stage"}},
                {"name":"clone \"it\"","cat":"host","ph":"X","pid":1,"tid":1,"ts":1000.000,"dur":500.040,"args":{}},
                {"name":"wait","cat":"stage","ph":"X","pid":1,"tid":2,"ts":1400.000,"dur":300.001,"args":{"step":1}},
                {"name":"run\n a hook","cat":"host","ph":"X","pid":1,"tid":1,"ts":1600.000,"dur":50.000,"args":{"path":"hooks.prestart[0]"}},
                {"name":"mount","cat":"stage","ph":"X","pid":1,"tid":2,"ts":1700.001,"dur":99.999,"args":{"step":2,"path":"mounts[0]"}}
                ]}

                """#)
    }

    @Test func tableForPeople() {
        var timeline = Timeline()
        timeline.add(host: "clone", "", from: 1_000_000, until: 1_500_040)
        timeline.add(stage: Self.steps(["wait", "mount"]), [0, 1_400_000, 1_700_001], from: 1_000_000, until: 1_800_000)
        #expect(
            timeline.table == """
                   START µs  DURATION µs  ACTOR  STEP
                        0.0        500.0  host   clone
                      400.0        300.0  stage  1  wait
                      700.0         99.9  stage  2  mount  # mounts[0]

                """)
    }

    /// The step that failed is the last; what was not reached is not there.
    @Test func unreachedSteps() {
        var timeline = Timeline()
        timeline.add(stage: Self.steps(["a", "b", "c"]), [0, 10, 20, 0], from: 5, until: 90)
        #expect(timeline.events.map(\.text) == ["a", "b"])
        #expect(timeline.events.map(\.duration) == [10, 70] && timeline.untimed == 0)
    }

    /// The page has room for so many; a plan may have more.
    @Test func stepsWithoutRoom() {
        var timeline = Timeline()
        timeline.add(stage: Self.steps(["a", "b", "c", "d"]), [0, 10, 20], from: 5, until: 90)
        #expect(timeline.events.map(\.text) == ["a", "b"] && timeline.untimed == 2)
        #expect(timeline.table.hasSuffix("2 more steps of the stage have no time\n"))
    }

    /// In a time namespace the clock is ahead or behind; the times stay in order and inside the operation.
    @Test(arguments: [1_000_000, -1_000_000] as [Int64]) func shiftedClock(by offset: Int64) {
        let clocks = [0, 2_000_010, 2_000_020, 2_000_030 + offset, 2_000_050 + offset].map { UInt64($0) }
        var timeline = Timeline()
        timeline.add(stage: Self.steps(["a", "b", "c", "d"]), clocks, from: 2_000_000, until: 2_000_100)
        #expect(timeline.events.map(\.start) == [2_000_010, 2_000_020, 2_000_020, 2_000_040])
        #expect(timeline.events.map(\.duration) == [10, 0, 20, 60])
    }

    /// What `start` finds the stage at has begun in `create`, perhaps days ago.
    @Test func stepUnderWay() {
        var timeline = Timeline()
        timeline.add(
            stage: Self.steps(["wait", "execute"], from: 3), [0, 1, 2, 30, 1_020], from: 1_000, until: 1_050)
        #expect(timeline.events.map(\.number) == [3, 4])
        #expect(timeline.events.map(\.start) == [1_000, 1_020] && timeline.events.map(\.duration) == [20, 30])
    }

    /// A step ends when the next begins.
    @Test func traceCollects() {
        let trace = Trace()
        trace.begin("one")
        trace.begin("two", for: JSONPath("process")!)
        trace.end()
        trace.end()
        #expect(trace.timeline.events.map(\.text) == ["one", "two"])
        #expect(trace.timeline.events.map(\.place) == ["", "process"])
        #expect(trace.timeline.events.allSatisfy { $0.duration >= 0 })
        #expect(trace.timeline.events[0].start + trace.timeline.events[0].duration <= trace.timeline.events[1].start)
    }
}
