import RuntimeSpec
import Testing

@testable import Veloci

/// What of a container's words to its service manager is passed on.
@Suite struct NotificationTests {
    @Test(arguments: [
        ("READY=1", "READY=1"), ("READY=1\nMAINPID=1", "READY=1"), ("STATUS=warm\nREADY=1\n", "READY=1"),
        ("STATUS=READY=1", nil), ("MAINPID=1", nil), ("", nil), ("\n\n", nil),
    ] as [(String, String?)])
    func onlyReady(message: String, line: String?) {
        #expect(Notification.ready(Array(message.utf8)) == line.map { Array($0.utf8) })
    }

    @Test func mountAndVariable() throws {
        var spec = Spec.container(["/bin/true"])
        spec.mounts = [Mount(destination: "/a", type: "tmpfs")]
        spec.process?.env = ["A=1"]
        spec = Notification.added(to: try ValidatedSpec(spec), state: "/run/veloci/web").document
        #expect(spec.validate().filter { $0.severity == .must } == [])
        #expect(spec.mounts?.last?.source == "/run/veloci/web/notify")
        #expect(spec.mounts?.map(\.destination) == ["/a", "/run/notify"])
        #expect(spec.mounts?.last?.options == ["bind", "nosuid", "noexec", "nodev", "ro"])
        #expect(spec.process?.env == ["A=1", "NOTIFY_SOCKET=/run/notify/notify.sock"])
    }
}
