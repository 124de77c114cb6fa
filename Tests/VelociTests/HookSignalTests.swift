import Foundation
import RuntimeSpec
import Testing

@testable import Veloci

/// Hooks of the host start as from a shell, whatever this process does with signals.
@Suite(.serialized) struct HookSignalTests {
    @Test func noneBlockedAndNoneIgnored() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("veloci-hook-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        // Not a shell, which may ignore signals of its own accord.
        let hook = Hook(path: "/bin/cp", args: ["cp", "/proc/self/status", file.path])
        let before = signal(SIGUSR2, SIG_IGN)
        let signals = try Foreground.blockSignals()
        defer {
            var mask = sigset_t()
            sigemptyset(&mask)
            pthread_sigmask(SIG_SETMASK, &mask, nil)
            close(signals.descriptor)
            signal(SIGUSR2, before)
        }
        try HostHooks.run(hook, kind: .createRuntime, state: "{}", path: JSONPath())
        let status = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for name in ["SigBlk", "SigIgn", "ShdPnd"] {
            #expect(status.contains("\(name):\t0000000000000000"), "\(status.filter { $0.hasPrefix("S") })")
        }
    }
}
