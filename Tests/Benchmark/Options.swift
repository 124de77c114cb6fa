import Foundation

/// What to measure.
struct Options {
    var runtimes: [Runtime] = []
    /// Programs of this folder: what runs a program and tells its costs, and the system calls that a run needs at least.
    var launcher = "", floor: String?
    /// Where bundles and state are made; the name of the directory above it is that of the containers.
    var directory = ""
    var view = "v1", bundle = Bundle.standard
    var sections: [Section] = [.commands]
    var operations = Set(Operation.allCases)
    var rounds = 20, idle = 120, lengths = [1, 100, 1000], crowds = [2, 8]
    /// A config.json whose seccomp filter the containers of the engine's bundle get.
    var filterSource = "spec-fixtures/accepted/engine-daemon.json"
    /// Files of samples, to be turned into a report.
    var report: String?, samples: [String] = []
    /// Lines about the machine and the runtimes, for the head of the report.
    var facts = ""

    enum Section: String, CaseIterable { case commands, idle, parallel, list, counts }

    enum Bundle: String, CaseIterable {
        /// What the subcommand spec writes.
        case standard = "default"
        /// The same with the filter and the limits that an engine asks for.
        case engine = "docker"
        /// With a user namespace.
        case user
    }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func value(_ name: String) throws -> String {
            guard let value = rest.popFirst() else { throw Trouble("\(name) takes a value") }
            return value
        }
        func words<Word: RawRepresentable>(_ name: String, _ type: Word.Type) throws -> [Word] where Word.RawValue == String {
            try value(name).split(separator: ",").map { word in
                guard let known = Word(rawValue: String(word)) else { throw Trouble("\(name) does not know \(word)") }
                return known
            }
        }
        func numbers(_ name: String) throws -> [Int] {
            try value(name).split(separator: ",").map { word in
                guard let number = Int(word), number > 0 else { throw Trouble("\(name) takes numbers") }
                return number
            }
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--rounds": rounds = try numbers(argument).first ?? rounds
            case "--idle": idle = try numbers(argument).first ?? idle
            case "--lengths": lengths = try numbers(argument)
            case "--crowds": crowds = try numbers(argument)
            case "--sections": sections = try words(argument, Section.self)
            case "--operations": operations = Set(try words(argument, Operation.self))
            case "--bundle": bundle = try words(argument, Bundle.self).first ?? bundle
            case "--view": view = try value(argument)
            case "--directory": directory = try value(argument)
            case "--launcher": launcher = try value(argument)
            case "--floor": floor = try value(argument)
            case "--filter-of": filterSource = try value(argument)
            case "--facts": facts = try value(argument)
            case "--report": report = try value(argument)
            case let word where word.hasPrefix("-"): throw Trouble("unknown option \(word)")
            default: samples.append(argument)
            }
        }
        guard report == nil else { return }
        runtimes = samples.map { Runtime(path: $0) }
        if let floor { runtimes.append(Runtime(path: floor, isFloor: true)) }
        if runtimes.isEmpty || launcher.isEmpty || directory.isEmpty { throw Trouble("no runtime, launcher or directory") }
    }
}

struct Runtime: Hashable {
    let path: String
    var isFloor = false
    var name: String { URL(fileURLWithPath: path).lastPathComponent }
}

struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What is measured, in the order of a container's life.
enum Operation: String, CaseIterable {
    case version, create, state, start, ps, pause, resume, update, exec
    case execDetached = "exec-d"
    case kill, delete, run
    /// Create, start and delete of a container that ends by itself, with all that it did in between.
    case life
    case list
}
