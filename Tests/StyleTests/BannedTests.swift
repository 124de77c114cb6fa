import Foundation
import Testing

/// What is not written here, each with what takes its place.
@Suite struct BannedTests {
    struct Ban: Sendable {
        let pattern: String
        let instead: String
        /// Where it does not hold: beginnings of paths.
        var except: [String] = []

        init(_ pattern: String, _ instead: String, except: [String] = []) {
            self.pattern = pattern
            self.instead = instead
            self.except = except
        }
    }

    /// The tool that a person runs on a terminal, and what runs only while the package is built.
    static let programs = ["conformance/", "Sources/StageEmbedder/", "Plugins/"]

    static let bans: [Ban] = [
        Ban(#"\bfatalError\("#, "throw the module's error; a host program must survive us", except: programs),
        Ban(#"\btry!"#, "handle the error", except: []),
        Ban(#"\bas!"#, "as? with an answer for the other case"),
        // The address of a buffer that is known not to be empty has no other answer.
        Ban(#"[\w\])](?<!baseAddress)(?<!bitPattern: 1\))!(?![=\w])"#, "guard let; a force unwrap kills the host", except: programs),
        Ban(#":\s*\w+!\s*(=|$)"#, "an optional, or a value from the start"),
        Ban(#"(?<![\w.])(print|debugPrint|dump)\("#, "return the text; only VelociCommand's Output writes", except: programs),
        Ban(#"(?<![\w.])fork\(\)"#, "Processes.spawn: no Swift runs in a forked child"),
        Ban(#"(?<![\w.])(execve|execv|execvp|posix_spawn|system|popen)\("#, "Processes.spawn"),
        Ban(#"(?<![\w.])(setenv|putenv|unsetenv|chdir|fchdir|umask)\("#, "pass it to the child; a host program's own stays", except: programs),
        Ban(
            #"(?<![\w.])(signal\(\s*SIG\w+,|sigaction\()"#, "descriptors; signal handlers belong to the host program",
            except: ["Sources/VelociCommand/"]),
        Ban(
            #"(?<![\w.])exit\("#, "throw; only the executables end",
            except: programs + ["Sources/Stage/"]),
        Ban(
            #"\b(Task|Thread|DispatchQueue|OperationQueue)\s*[\{.(]"#, "one thread: a runtime waits in one place",
            except: programs),
        Ban(#"\bpthread_create\b"#, "one thread"),
        Ban(#"\b(NSLock|NSString|NSObject|NSRegularExpression)\b"#, "the standard library", except: programs),
        Ban(#"\bmalloc\(|\bcalloc\("#, "an array, or withUnsafeTemporaryAllocation"),
        Ban(#"\bstrerror\("#, "Errno, which has name and text and no shared buffer"),
        Ban(#"(?<![\w.])gethostbyname|(?<![\w.])getpwnam\(|(?<![\w.])getpwuid\("#, "numbers: nothing may load a name service"),
        Ban(#"\bunowned\(unsafe\)|\bunsafeBitCast\("#, "a checked reference"),
        Ban(#"\bnonisolated\(unsafe\)"#, "Mutex or Atomic"),
        // Embedded Swift has none of these, and what it has not costs most in an ordinary build: it is worked out at run time.
        Ban(#"\(\\\.\w"#, "a closure: { $0.name }", except: programs),
        Ban(#"\bMirror\("#, "a description", except: programs),
        Ban(#"\bas\? "#, "an enumeration", except: programs),
        Ban(#"\bany Error\b|\bthrows (->|\{)|\bthrows$"#, "throws(SomeError)", except: programs),
    ]

    @Test func nothingBannedIsUsed() throws {
        for ban in Self.bans {
            let expression = try NSRegularExpression(pattern: ban.pattern)
            for file in Repository.sources where !ban.except.contains(where: { file.path.hasPrefix($0) }) {
                for (index, line) in file.code.enumerated() where expression.matches(line) {
                    let text = line.trimmingCharacters(in: .whitespaces)
                    Issue.record("\(file.path):\(index + 1) \"\(text)\": banned; instead: \(ban.instead)")
                }
            }
        }
    }

    /// Each ban catches what it is about.
    @Test(arguments: [
        ("fatalError(x)", true), ("let a = try! b()", true), ("value as! Int", true), ("list[0]!.name", true),
        ("a != b", false), ("!isEmpty", false), ("var a: Int! = 3", true), ("print(a)", true), ("blueprint(a)", false),
        ("fork()", true), ("interpreter.fork(x)", false), ("setenv(a, b, 1)", true), ("try exit(code)", true),
        ("try pointer.exit(1)", false), ("Task { a }", true), ("nonisolated(unsafe) var", true), ("list.map(\\.name)", true), ("list.map { $0.name }", false), ("a as? B", true),
        ("func a() throws -> Int", true), ("func a() throws(E) -> Int", false), ("signal(SIGPIPE, SIG_IGN)", true), ("try signal(process)", false),
    ]) func bansWork(_ line: String, _ isBanned: Bool) throws {
        let found = try Self.bans.contains { try NSRegularExpression(pattern: $0.pattern).matches(line) }
        #expect(found == isBanned)
    }

    /// Open ends and paths of somebody's machine do not belong into a repository.
    @Test func nothingOfAMachineIsNamed() throws {
        let names = [#"\b(TODO|FIXME|XXX|HACK)\b"#, #"/Users/\w"#, #"(?<![\w$}])/work/(?!place)\w"#, #"\b(ghcr|quay|gcr)\.io\b"#,
            #"\bregistry\.\w+\.\w+"#, #"docker\.io/"#, #"proxy\.golang\.org|pypi\.org|crates\.io|artifactory"#, #"(?<!\w)[A-Z]:\\\w"#]
        let folders = ["Sources", "Plugins", "conformance", "Tests", "Examples", "lab", ".ci"]
        let pages = ["Package.swift", "Makefile", "README.md", "ARCHITECTURE.md"]
        let own = "Tests/StyleTests/BannedTests.swift"
        let texts = Repository.files(folders).filter { !$0.hasSuffix(".html") && $0 != own } + pages
        for name in names {
            let expression = try NSRegularExpression(pattern: name)
            for path in texts {
                let lines = Repository.text(path).components(separatedBy: "\n")
                for (index, line) in lines.enumerated() where expression.matches(line) {
                    Issue.record("\(path):\(index + 1) \"\(line.trimmingCharacters(in: .whitespaces).prefix(90))\"")
                }
            }
        }
    }
}

extension NSRegularExpression {
    /// Whether the pattern occurs in a line. The standard library's Regex cannot look behind.
    func matches(_ line: String) -> Bool {
        firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil
    }
}
