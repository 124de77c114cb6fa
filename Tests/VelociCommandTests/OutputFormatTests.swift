import Testing

@testable import VelociCommand

/// What state, list and ps print.
@Suite struct OutputFormatTests {
    static let web = StateDocument(
        ociVersion: "1.3.0", id: "web", pid: 4711, status: "running", bundle: "/b/web", rootfs: "/b/web/rootfs",
        created: "2026-11-21T09:37:20.123456789Z", annotations: [:], owner: "root")

    @Test func state() {
        var state = Self.web
        state.annotations = ["z": "1", "a": "\"2\""]
        state.owner = ""
        #expect(
            state.text == #"""
                {
                  "ociVersion": "1.3.0",
                  "id": "web",
                  "pid": 4711,
                  "status": "running",
                  "bundle": "/b/web",
                  "rootfs": "/b/web/rootfs",
                  "created": "2026-11-21T09:37:20.123456789Z",
                  "annotations": {
                    "a": "\"2\"",
                    "z": "1"
                  },
                  "owner": ""
                }
                """#)
    }

    @Test func listTable() {
        #expect(StateList.table([]) == "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n")
        var long = Self.web
        long.id = "a-container-with-a-long-id"
        long.pid = 0
        long.status = "stopped"
        #expect(
            StateList.table([Self.web, long]) == """
                ID                           PID         STATUS      BUNDLE      CREATED                          OWNER
                web                          4711        running     /b/web      2026-11-21T09:37:20.123456789Z   root
                a-container-with-a-long-id   0           stopped     /b/web      2026-11-21T09:37:20.123456789Z   root

                """)
    }

    @Test func listJSON() {
        #expect(StateList.json([]) == "null\n")
        let line =
            #"{"ociVersion":"1.3.0","id":"web","pid":4711,"status":"running","bundle":"/b/web","#
            + #""rootfs":"/b/web/rootfs","created":"2026-11-21T09:37:20.123456789Z","owner":"root"}"#
        #expect(StateList.json([Self.web, Self.web]) == "[\(line),\(line)]\n")
        #expect(StateList.ids(["web", "web"]) == "web\nweb\n")
    }

    @Test func processes() throws {
        #expect(ProcessTable.json([1, 22]) == "[1,22]\n")
        #expect(ProcessTable.json([]) == "null\n")
        let output = """
            UID          PID    PPID CMD
            root           1       0 init
            root          22       1 sh -c 1

            """
        #expect(try ProcessTable.rows(output, [22]) == "UID          PID    PPID CMD\nroot          22       1 sh -c 1\n")
        #expect(throws: CommandFailure("couldn't find PID field in ps output")) {
            try ProcessTable.rows("USER CMD\nroot x\n", [1])
        }
        #expect(throws: CommandFailure("unable to parse pid: \"root x\"")) {
            try ProcessTable.rows("USER PID\nroot x\n", [1])
        }
    }

    /// A line of `events` is one JSON object; an event without data has no member for it.
    @Test func eventLines() {
        #expect(EventLine.text("oom", id: "web") == "{\"type\":\"oom\",\"id\":\"web\"}\n")
        #expect(
            EventLine.text("stats", id: "web", data: "{\"pids\":{}}")
                == "{\"type\":\"stats\",\"id\":\"web\",\"data\":{\"pids\":{}}}\n")
    }
}
