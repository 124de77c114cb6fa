import LinuxKernel
import Testing

/// Moments as texts.
@Suite struct ClockTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (951_868_799, "2000-02-29T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"), (1_735_689_599, "2024-12-31T23:59:59Z"), (-1, "1969-12-31T23:59:59Z"),
        (1_795_253_840, "2026-11-21T09:37:20Z"),
    ])
    func wholeSeconds(seconds: Int64, expected: String) {
        #expect(Timestamp(seconds: seconds, nanoseconds: 999).text == expected)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000000001Z"), (120_000_000, "1970-01-01T00:00:00.12Z"),
        (999_999_999, "1970-01-01T00:00:00.999999999Z"),
    ])
    func fractions(nanoseconds: Int64, expected: String) {
        #expect(Timestamp(seconds: 0, nanoseconds: nanoseconds).preciseText == expected)
    }

    @Test func clocksGoForward() {
        let first = Clocks.monotonic()
        #expect(first > 0 && Clocks.monotonic() >= first)
        // After this was written.
        #expect(Timestamp.now().seconds > 1_700_000_000)
    }
}
