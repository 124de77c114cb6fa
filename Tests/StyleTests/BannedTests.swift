import Foundation
import Testing

/// What is not written here, each with what takes its place.
@Suite struct BannedTests {
    struct Ban: Sendable {
        let pattern: String
        let instead: String
        /// Where it does not hold: beginnings of paths.
        var except: [String] = []
        /// Whether what text literals have in them counts.
        var readsLiterals = false
        /// The only places where it holds, if not everywhere.
        var only: [String]?

        init(
            _ pattern: String, _ instead: String, except: [String] = [], readsLiterals: Bool = false, only: [String]? = nil
        ) {
            self.pattern = pattern
            self.instead = instead
            self.except = except
            self.readsLiterals = readsLiterals
            self.only = only
        }

        func concerns(_ path: String) -> Bool {
            !except.contains { path.hasPrefix($0) } && only?.contains { path.hasPrefix($0) } != false
        }
    }

    /// The tool that a person runs on a terminal, and what runs only while the package is built.
    static let programs = ["conformance/", "Sources/StageEmbedder/", "Plugins/"]

    /// For programs of tasks, which have threads, and errors of their own that are handed on; no command links it.
    static let tasks = ["Sources/VelociAsync/"]

    /// Requirements of protocols that everybody knows.
    static let coding = ["Sources/RuntimeSpec/JSON/Documents+Codable.swift"]

    /// Text is bytes: whoever names a process, a group or a user decides where combining marks are, and a separator with one
    /// behind it is no `Character` any more. The stage has no text but C strings.
    static let characters: [Ban] = [
        Ban(#"\.split\(separator: ""|(?<!utf8)\.split\(whereSeparator:"#, "parts(at:), halves(at:), words or lines of ByteText"),
        Ban(#"\bhas(Prefix|Suffix)\("#, "begins(with:), ends(with:), after or before of ByteText"),
        Ban(#"\bfor character in\b|\bCharacter\b"#, "the bytes: utf8, and UInt8(ascii:)"),
        Ban(#"\.(first|last)!? [=!]= "(.|\\.)""#, "begins(with:), ends(with:) of ByteText", readsLiterals: true),
        Ban(#"\.(first|last)Index\(of: "(.|\\.)"\)"#, "halves(at:), lastHalves(at:) of ByteText", readsLiterals: true),
        Ban(#"\.contains\("(.|\\.)"\)"#, "has of ByteText", readsLiterals: true),
        Ban(#"\.is(Whitespace|Newline|Number|Punctuation|Symbol|HexDigit|WholeNumber)\b"#, "isBlank, isDigit, isLetter of ByteText"),
        Ban(#"\.(lower|upper)cased\(\)"#, "lowered, raised of ByteText"),
        Ban(#"\.components\(separatedBy:|\.trimmingCharacters\("#, "parts(at:), trimmed of ByteText"),
    ].map { ban in
        var ban = ban
        ban.except = programs
        return ban
    }

    /// What says something about every step, undo, and word of the specification.
    static let exhaustive = [
        "Sources/ContainerPlan/Checking/", "Sources/ContainerPlan/Steps/", "Sources/ContainerPlan/Encoding/KernelNumbers.swift",
        "Sources/Veloci/Performing/Performer.swift", "Sources/Veloci/Performing/Undoing.swift",
    ]

    /// What decides, or does, what a container may do.
    static let confinement = [
        "Sources/Stage/", "Sources/ContainerPlan/", "Sources/Seccomp/", "Sources/Cgroups/Devices/", "Sources/LinuxKernel/BPF.swift",
        "Sources/Veloci/Facts/FilterCompiler.swift", "Sources/Veloci/HostSteps/HostRoot.swift",
        "Sources/Veloci/HostSteps/Mappings.swift", "Sources/Veloci/HostSteps/MountTrees.swift",
        "Sources/Veloci/HostSteps/DescriptorSteps.swift", "Sources/Veloci/HostSteps/ProcessSteps.swift",
        "Sources/Veloci/HostSteps/SeccompListener.swift", "Sources/Veloci/ControlGroup/Subgroups.swift",
    ]

    /// Files of confinement that may lose an error, each with the reason.
    static let failsSafe = [
        // What newuidmap said, for the message about its failure. The ids of a namespace that cannot be looked into are those of
        // config.json, and the kernel decides.
        "Sources/Veloci/HostSteps/Mappings.swift",
        // Where a program goes that the kernel would refuse in the group itself; another group is an error of the write.
        "Sources/Veloci/ControlGroup/Subgroups.swift",
    ]

    static let bans: [Ban] = characters + [
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
            except: programs + tasks),
        Ban(#"\bpthread_create\b"#, "one thread", except: tasks),
        Ban(#"\b(NSLock|NSString|NSObject|NSRegularExpression)\b"#, "the standard library", except: programs),
        Ban(#"\bmalloc\(|\bcalloc\("#, "an array, or withUnsafeTemporaryAllocation"),
        Ban(#"\bstrerror\("#, "Errno, which has name and text and no shared buffer"),
        Ban(#"(?<![\w.])gethostbyname|(?<![\w.])getpwnam\(|(?<![\w.])getpwuid\("#, "numbers: nothing may load a name service"),
        Ban(#"\bunowned\(unsafe\)|\bunsafeBitCast\("#, "a checked reference"),
        // What is new there has to be thought of in each switch.
        Ban(#"^\s*default:"#, "each case by its name", only: exhaustive),
        // The stage has one thread and nothing of a library.
        Ban(#"\bnonisolated\(unsafe\)"#, "Mutex or Atomic", except: ["Sources/Stage/Kernel.swift"]),
        // An error that is taken for an answer there lets a container have what it must not have. Looked through: what is left in
        // these folders may fail, and each place says why.
        Ban(#"\btry\?"#, "do and catch, with the errors that are an answer named", except: failsSafe, only: confinement),
        // Embedded Swift has none of these, and what it has not costs most in an ordinary build: it is worked out at run time.
        Ban(#"\(\\\.\w"#, "a closure: { $0.name }", except: programs),
        Ban(#"\bMirror\("#, "a description", except: programs),
        Ban(#"\bas\? "#, "an enumeration", except: programs),
        Ban(#"\bany Error\b|\bthrows (->|\{)|\bthrows$"#, "throws(SomeError)", except: programs + tasks + coding),
        // The library knows no command line: its words are put into those of one where there is one (LibraryWords).
        Ban(
            #"^(?!\s*//)(?!.*(usermod|systemd-run)).*".*--[a-z][a-z]"#,
            "the library's own word, and a line in LibraryWords",
            readsLiterals: true,
            only: ["Veloci", "ContainerPlan", "Cgroups", "Seccomp", "LinuxKernel", "RuntimeSpec", "VelociAsync"].map { "Sources/\($0)/" }),
    ]

    @Test func nothingBannedIsUsed() throws {
        for ban in Self.bans {
            let expression = try NSRegularExpression(pattern: ban.pattern)
            for file in Repository.sources where ban.concerns(file.path) {
                for (index, line) in file.code.enumerated() where expression.matches(ban.readsLiterals ? file.lines[index] : line) {
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
        ("try pointer.exit(1)", false), ("Task { a }", true), ("list.map(\\.name)", true), ("list.map { $0.name }", false), ("a as? B", true),
        ("func a() throws -> Int", true), ("func a() throws(E) -> Int", false),
        ("nonisolated(unsafe) var", true), ("signal(SIGPIPE, SIG_IGN)", true), ("try signal(process)", false),
        (#"text.split(separator: "")"#, true), ("bytes.split(separator: UInt8(ascii: x))", false), ("name.hasPrefix(x)", true),
        ("utf8.split(whereSeparator: { $0 })", false), ("line.split(whereSeparator: { $0 })", true), ("for character in text", true),
        (#"rest.first == "x""#, true), ("rest.first == byte", false), (#"text.lastIndex(of: ")")"#, true), (#"key.contains(":")"#, true),
        (#"options.contains("ro")"#, false), ("$0.isWhitespace", true), ("$0.isLetter", false), ("name.lowercased()", true),
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
