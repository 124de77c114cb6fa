import CHarness
import RuntimeSpec

/// The documents of `spec-fixtures`, handed to runtimes as config.json: does each take what it must, and refuse what it must?
enum Fixtures {
    /// A configuration of the index and what it says of it.
    struct Fixture: Sendable {
        let file: String
        let isAccepted: Bool
        let why: String
        /// The version of the specification that has all that the document uses.
        let since: Version
        /// What of the machine the document takes for granted; nil for nothing.
        let needs: String?
        /// Where the verdict is from.
        let basis: String
    }

    static func read(_ directory: String) throws(Verdict) -> [Fixture] {
        guard let bytes = Files.read(directory + "/index.json") else { throw Verdict.usage("no \(directory)/index.json") }
        let index: JSONValue
        do throws(DecodingFailure) { index = try JSONValue.decode(bytes) } catch {
            throw Verdict.usage("\(directory)/index.json: \(error.description)")
        }
        let entries = index.array ?? []
        return entries.compactMap { $0.object }.compactMap { entry in
            guard entry["document"]?.string == "config", let file = entry["file"]?.string, let verdict = entry["verdict"]?.string
            else { return nil }
            guard let since = entry["since"]?.string.flatMap(Version.init) else { return nil }
            return Fixture(
                file: file, isAccepted: verdict == "accepted", why: entry["why"]?.string ?? "", since: since,
                needs: entry["needs"]?.string, basis: entry["basis"]?.string ?? "")
        }
    }

    private static let prefix = "fixture:"

    /// The case that hands a file to `create`; its name carries the path and the verdict from process to process.
    static func test(_ path: String, isAccepted: Bool, since: Version) -> Case {
        let rule = isAccepted ? "lifecycle.environment" : "values.invalid"
        return Case(
            prefix + (isAccepted ? "+" : "-") + since.description + ":" + path, [rule], path,
            sabotage: .wrapper(.refuse("create"))
        ) { trial throws(Verdict) in
            trial.bundle.text = Files.read(path).map { lowered($0, to: since) }
            let config = trial.bundle.text.flatMap { try? JSONValue.decode($0) }
            furnish(&trial.bundle, for: config)
            let console = trial.directory + "/console.sock"
            let socket = try UnixSocket(console)
            defer { _ = socket }
            let hasTerminal = config?[Bundle.path("process.terminal")]?.bool ?? false
            let created = try trial.create(extra: hasTerminal ? ["--console-socket", console] : [])
            try trial.expect(!created.timedOut && created.signal == 0, "an orderly end of create", seen: created.summary)
            let expected = isAccepted ? "accepted" : "refused"
            try trial.expect(created.succeeded == isAccepted, expected, seen: created.succeeded ? "accepted" : created.summary)
        }
    }

    /// The document with the version that has what it uses, if it has that of the fixtures: a runtime that claims less may refuse
    /// what is newer, and nothing else.
    private static func lowered(_ bytes: [UInt8], to since: Version) -> [UInt8] {
        guard let text = String(validating: bytes, as: UTF8.self) else { return bytes }
        return Array(text.replaced("\"ociVersion\": \"1.3.0\"", by: "\"ociVersion\": \"\(since)\"").utf8)
    }

    /// Puts into the root file system what the document takes for granted: its program, owned by the container's root.
    private static func furnish(_ bundle: inout Bundle, for config: JSONValue?) {
        let program = config?[Bundle.path("process.args[0]")]?.string ?? "/probe"
        let owner = config?[Bundle.path("linux.uidMappings[0].hostID")]?.number?.integer(as: UInt32.self) ?? 0
        bundle.prepare = { directory throws(Verdict) in
            let root = directory + "/rootfs"
            for name in program.hasPrefix("/") ? [program] : ["/bin/" + program, "/usr/bin/" + program] {
                let path = root + name
                guard !path.holds("/.."), let slash = path.lastIndex(of: "/") else { continue }
                try Files.makeDirectories(String(path[..<slash]))
                try? Files.write(path, Probe.image, mode: 0o755)
            }
            for name in [""] + Files.list(root).map({ "/" + $0 }) { unsafe chown(root + name, owner, owner) }
        }
    }

    /// The case of a name that `test` made.
    static func test(named name: String) -> Case? {
        guard name.hasPrefix(prefix), let sign = name.dropFirst(prefix.count).first else { return nil }
        let parts = name.dropFirst(prefix.count + 1).split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let since = Version(parts[0]) else { return nil }
        return test(parts[1], isAccepted: sign == "+", since: since)
    }
}
