import CLinux
import Foundation
import Glibc

/// Keyrings of the host, and those that somebody made before: a program of a container has one of its own.
extension Attacks {
    private static let secret = "veloci-torture-secret"

    func keys() throws {
        guard Keys.join(nil) > 0, Keys.add(Self.secret) > 0 else { return print("no keys on this host: nothing is tried") }
        guard let program = Program.own else { return print("no loader: keys are not looked for inside") }
        let executable = Executable(work)
        for isNew in [true, false] {
            let id = isNew ? "keys" : "keys-shared"
            let scene = try Scene(work.directory + "/scene-" + id, group: work.groupPrefix + "-" + id)
            program.bind(into: scene)
            scene.script = "exec /bin/busybox sleep 1000"
            try scene.write()
            report.count()
            let planter = plant(id)
            defer {
                kill(planter.pid, SIGKILL)
                _ = planter.wait()
            }
            let line = ["create"] + (isNew ? [] : ["--no-new-keyring"]) + ["--bundle", scene.directory, id]
            let created = Command.run(executable.line(line), in: work)
            report.expect(created.status == 0, "create \(id): \(created.output)")
            report.expect(executable.run("start", id).status == 0, "start \(id) fails")
            let found = Command.run(executable.line(["exec", id] + program.line(["keys"])), in: work)
            let isFound = found.output.contains("found \(Self.secret)")
            report.expect(found.output.contains("looked"), "exec \(id): \(found.output)")
            // Without a keyring of its own it must be there, or nothing is shown.
            report.expect(isFound != isNew, "exec \(id): the host's keys: \(found.output)")
            executable.run("delete", "--force", id)
        }
        try plantedKeys(program)
    }

    /// A user of the host knows the id, and makes a keyring of the name that runtimes use.
    private func plantedKeys(_ program: Program) throws {
        let planter = plant("planted")
        defer {
            kill(planter.pid, SIGKILL)
            _ = planter.wait()
        }
        let control = Command.run([CommandLine.arguments[0], "keys", "_ses.planted"], in: work)
        report.expect(control.output.contains("found planted"), "whoever asks for that name does not get the keyring: \(control.output)")
        report.count()
        let scene = try Scene(work.directory + "/scene-planted", group: work.groupPrefix + "-planted")
        program.bind(into: scene)
        scene.keepsArguments = true
        scene.process { $0["args"] = program.line(["keys"]) }
        try scene.write()
        let outcome = Executable(work).run("run", "--bundle", scene.directory, "planted")
        report.expect(
            outcome.output.contains("looked") && !outcome.output.contains("found planted"),
            "the container has keys that a user of the host planted: \(outcome.output)")
    }

    private func plant(_ id: String) -> Command {
        let planter = Command.start(
            ["setpriv", "--reuid", "1000", "--clear-groups", CommandLine.arguments[0], "plant", "_ses." + id], in: work)
        usleep(200_000)
        return planter
    }

    /// Makes a keyring that everybody may use, and stays.
    static func plant(_ name: String) -> Never {
        let ring = Keys.join(name)
        Keys.allow(ring)
        Keys.allow(Keys.add("planted"))
        while true { pause() }
    }

    /// Says which keys are to be found.
    static func keys(_ name: String?) -> Never {
        if let name { _ = Keys.join(name) }
        for key in [secret, "planted"] where Keys.find(key) { print("found \(key)") }
        print("looked")
        exit(0)
    }
}

/// keyctl(2) and add_key(2).
private enum Keys {
    private static let session = UInt64(bitPattern: -3)  // KEY_SPEC_SESSION_KEYRING

    static func join(_ name: String?) -> Int64 {
        guard let name else { return linux_system_call(Int64(__NR_keyctl), 1, 0, 0, 0, 0, 0) }
        return name.withCString { linux_system_call(Int64(__NR_keyctl), 1, UInt64(UInt(bitPattern: $0)), 0, 0, 0, 0) }
    }

    static func add(_ name: String) -> Int64 {
        "user".withCString { type in
            name.withCString { name in
                let (type, name) = (UInt64(UInt(bitPattern: type)), UInt64(UInt(bitPattern: name)))
                return linux_system_call(Int64(__NR_add_key), type, name, name, 4, session, 0)
            }
        }
    }

    static func allow(_ key: Int64) {
        _ = linux_system_call(Int64(__NR_keyctl), 5, UInt64(bitPattern: key), 0x3f3f_3f3f, 0, 0, 0)  // KEYCTL_SETPERM
    }

    static func find(_ name: String) -> Bool {
        "user".withCString { type in
            name.withCString { name in
                let (type, name) = (UInt64(UInt(bitPattern: type)), UInt64(UInt(bitPattern: name)))
                return linux_system_call(Int64(__NR_keyctl), 10, session, type, name, 0, 0) > 0  // KEYCTL_SEARCH
            }
        }
    }
}
