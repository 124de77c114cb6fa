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

    @Test func mountAndVariable() {
        var spec = Spec(
            ociVersion: "1.0.0", mounts: [Mount(destination: "/a")], process: Spec.Process(user: User(uid: 0, gid: 0), env: ["A=1"], cwd: "/"))
        Notification.add(to: &spec, state: "/run/veloci/web")
        #expect(spec.mounts?.last?.source == "/run/veloci/web/notify")
        #expect(spec.mounts?.map(\.destination) == ["/a", "/run/notify"])
        #expect(spec.mounts?.last?.options == ["bind", "nosuid", "noexec", "nodev", "ro"])
        #expect(spec.process?.env == ["A=1", "NOTIFY_SOCKET=/run/notify/notify.sock"])
    }
}
