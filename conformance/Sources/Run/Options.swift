/// What the command line asks for.
struct Options: Sendable {
    var runtimes: [String] = []
    var names: [String] = []
    var sections: [String] = []
    var levels: [Level] = []
    var jobs = 2
    var keep = ""
    var view: CgroupView?
    /// Where to write reports; empty for nowhere.
    var report = ""
    /// A folder of documents with verdicts, to be handed over instead of running the cases.
    var fixtures = ""
    var isQuiet = false
    var isProof = false
    /// Whether each case is also run without each property that it sets.
    var isDropping = false
    var isList = false
    var isHelp = false
    var isVersion = false
    /// Whether `--case` and `--skip` have whole names.
    var isExact = false
    /// Cases to leave out.
    var skipped: [String] = []
    /// A file with the names of what is expected to fail; empty for none.
    var expected = ""
    /// A file that results are appended to as they come, and taken from if they are there; empty for none.
    var results = ""

    init(_ words: [String]) throws(Verdict) {
        var rest = words[...]
        func value(_ option: String) throws(Verdict) -> String {
            guard let value = rest.popFirst() else { throw Verdict.usage("\(option) needs a value") }
            return value
        }
        while let word = rest.popFirst() {
            switch word {
            case "--runtime": runtimes.append(try value(word))
            case "--case": names.append(try value(word))
            case "--section": sections.append(try value(word))
            case "--level":
                let text = try value(word)
                guard let level = Level(rawValue: text.uppercased()) else {
                    throw Verdict.usage("no level \(text): must, should, may or practice")
                }
                levels.append(level)
            case "-j", "--jobs":
                guard let number = Int(try value(word)), number > 0 else { throw Verdict.usage("\(word) needs a number") }
                jobs = number
            case "--keep": keep = try value(word)
            case "--cgroup":
                let text = try value(word)
                guard let view = CgroupView(rawValue: text) else { throw Verdict.usage("no control groups \(text): v1 or v2") }
                self.view = view
            case "--report": report = try value(word)
            case "--fixtures": fixtures = try value(word)
            case "-q", "--quiet": isQuiet = true
            case "--prove": isProof = true
            case "--drop": isDropping = true
            case "--list": isList = true
            case "--exact": isExact = true
            case "--skip": skipped.append(try value(word))
            case "--expected": expected = try value(word)
            case "--results": results = try value(word)
            case "--version": isVersion = true
            case "-h", "--help": isHelp = true
            default: throw Verdict.usage("no option \(word)")
            }
        }
        if runtimes.isEmpty && !isList && !isHelp && !isVersion { throw Verdict.usage("--runtime PATH is needed") }
    }

    /// Whether a name is among those that are asked for, and not among those to be left out.
    func isNamed(_ name: String) -> Bool {
        func fits(_ part: String) -> Bool { isExact ? name == part : name.holds(part) }
        return (names.isEmpty || names.contains(where: fits)) && !skipped.contains(where: fits)
    }

    /// Whether the case is selected: by a part of its name, by section, by level; each option given narrows.
    func selects(_ test: Case) -> Bool {
        let rules = test.rules.compactMap { Tables.rulesByID[$0] }
        return isNamed(test.id)
            && (sections.isEmpty || sections.contains { section in rules.contains { $0.section.hasPrefix(section) } })
            && (levels.isEmpty || rules.first.map { levels.contains($0.level) } ?? false)
    }

    static let help = """
        Tests OCI runtimes with runc's command line against the OCI Runtime Specification. Needs root.

        usage: oci-conformance --runtime PATH [--runtime PATH]… [option]…

          --runtime PATH    a runtime to test, or its name in PATH; several are compared
          --case TEXT       only cases with TEXT in their name
          --skip TEXT       no case with TEXT in its name
          --exact           --case and --skip have whole names
          --section TEXT    only cases of a section, such as config.md or config-linux.md#seccomp
          --level LEVEL     only must, should, may or practice
          -j, --jobs N      so many cases at a time (2)
          --cgroup v1|v2    which control groups a case sees that does not ask for some
          --keep DIR        keep each case's config.json, commands and outputs
          --report DIR      write conformance.tap, .xml (JUnit), .json and .html
          --fixtures DIR    hand over the documents of spec-fixtures, and show where verdicts differ
          --expected FILE   succeed if exactly what FILE names fails: a name in each line, then why
          --results FILE    append results to FILE as they come; what is there already is not run again
          -q, --quiet       print the matrix only, not each failure
          --prove           run every case also with its sabotage, and demand that it fails
          --drop            run every case that passed also without each property that it sets, and tell which nobody missed
          --list            name the cases, with class, level, version and sentence, and end
          --version         tell the version of the rules and end

        Exit status: 0 nothing failed; 1 a MUST; 3 a SHOULD or practice only; 4 the harness broke or the run ended early; 2 usage.
        What is newer than the version that a runtime claims, and what is disputed, does not count.
        """
}
