import Foundation
import RuntimeSpec
import Testing

@testable import Veloci

/// What a hook writes matters when it fails, and then has to fit into a message of one line.
@Suite struct HookOutputTests {
    @Test(arguments: [
        ("", ""), ("\n \n", ""), ("reason", ", output: reason"), ("one\n\ntwo\n", ", output: one; two"),
        ("a\tb\r\n\u{1b}[31mred", ", output: a b;  [31mred"),
    ])
    func isOneLine(output: String, text: String) {
        #expect(HostHooks.said(Array(output.utf8)) == text)
    }

    @Test func theLastWordsAreKept() throws {
        let script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i + 1)); done; echo the reason >&2; exit 3"
        let hook = Hook(path: "/bin/sh", args: ["sh", "-c", script])
        let failure = #expect(throws: Failure.self) {
            try HostHooks.run(hook, kind: .prestart, state: "{}", bundle: "/", path: JSONPath())
        }
        let message = try #require(failure?.message)
        #expect(message.hasPrefix("error running prestart hook: /bin/sh: exit status 3, output: "))
        #expect(message.hasSuffix("line 1999; the reason") && message.utf8.count < 2500)
    }
}

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
        try HostHooks.run(hook, kind: .createRuntime, state: "{}", bundle: "/", path: JSONPath())
        let status = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for name in ["SigBlk", "SigIgn", "ShdPnd"] {
            #expect(status.contains("\(name):\t0000000000000000"), "\(status.filter { $0.hasPrefix("S") })")
        }
    }
}
