import Foundation
import LinuxKernel

/// The sections of a benchmark: commands of all runtimes in turns, so that the machine's moods meet all alike.
struct Measurement {
    let workshop: Workshop
    let options: Options
    let write: (Sample) -> Void
    typealias Runner = ([String], Operation) throws -> Cost
    var launcher: Launcher { workshop.launcher }

    func measure(_ section: Options.Section) throws {
        switch section {
        case .commands: try commands("hot")
        case .idle: try commands("idle")
        case .parallel: for crowd in options.crowds { try parallel(crowd) }
        case .list: for length in options.lengths { try list(length) }
        case .counts:
            for runtime in options.runtimes {
                try whatWorks(runtime, .create) { try Counts(measurement: self).count(runtime) }
            }
        }
    }

    func place(_ situation: String) -> Place { Place(view: options.view, bundle: options.bundle.rawValue, situation: situation) }

    private func commands(_ situation: String) throws {
        // The first round fills caches.
        for round in 0...options.rounds {
            for runtime in options.runtimes {
                try whatWorks(runtime, .create) {
                    try life(of: runtime) { operation, body in
                        guard options.operations.contains(operation) else { return _ = try body() }
                        if situation == "idle" { usleep(UInt32(options.idle) * 1000) }
                        let cost = try body()
                        if round > 0 { write(.time(place(situation), operation.rawValue, runtime: runtime.name, cost)) }
                    }
                }
            }
        }
    }

    /// Takes containers through their lives; `step` gets each command as something to be done.
    func life(
        of runtime: Runtime, runner: Runner? = nil,
        _ step: (Operation, () throws -> Cost) throws -> Void
    ) throws {
        let run: Runner = runner ?? { words, _ in try launcher.measure(words) }
        do {
            for operation in Operation.allCases where operation != .list && isNeeded(operation) {
                if operation == .life { try wholeLife(of: runtime, run, step); continue }
                guard let words = workshop.words(runtime, operation) else { continue }
                do {
                    try step(operation) {
                        let expected = operation == .execDetached && runner == nil ? 1 : 0
                        var cost = try run(words, operation)
                        // What a kill ends is the container, and no part of the command.
                        if operation != .kill { cost = cost + launcher.orphans(atLeast: expected) }
                        // What waits in the container worked for create, which has not waited for it.
                        return operation == .create ? cost + (try launcher.costs(ofLiving: workshop.process())) : cost
                    }
                } catch where Self.dispensable.contains(operation) {
                    note(error, runtime, operation)
                }
                if operation == .kill { _ = try launcher.end(of: workshop.process()) }
            }
        } catch {
            workshop.removeForcefully(runtime, workshop.id)
            throw error
        }
    }

    private func wholeLife(
        of runtime: Runtime, _ run: @escaping Runner, _ step: (Operation, () throws -> Cost) throws -> Void
    ) throws {
        guard let create = workshop.words(runtime, .create, bundle: "short"), let start = workshop.words(runtime, .start),
            let delete = workshop.words(runtime, .delete)
        else { return }
        try step(.life) {
            let created = try run(create, .create)
            let process = try workshop.process()
            let started = try run(start, .start)
            let lived = try launcher.end(of: process)
            return created + started + lived + (try run(delete, .delete)) + launcher.orphans()
        }
    }

    /// A peer that cannot do something here is compared in the rest, and the page says how often it failed. What is measured,
    /// which is named first, has to work.
    func whatWorks(_ runtime: Runtime, _ operation: Operation, _ body: () throws -> Void) throws {
        do { try body() } catch where runtime != options.runtimes[0] { note(error, runtime, operation) }
    }

    private func note(_ error: any Error, _ runtime: Runtime, _ operation: Operation) {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        write(.count(place("counts"), operation.rawValue, runtime: runtime.name, name: "failures", 1))
    }

    /// What a life goes on without: a runtime that cannot do it here, or only sometimes, is compared in the rest.
    private static let dispensable: Set<Operation> = [.ps, .pause, .resume, .update, .exec, .execDetached, .run]

    /// Commands that others build upon are done even when nobody asked for their costs.
    private func isNeeded(_ operation: Operation) -> Bool {
        if options.operations.contains(operation) { return true }
        let lived: Set<Operation> = [.create, .state, .start, .ps, .pause, .resume, .update, .exec, .execDetached, .kill, .delete]
        switch operation {
        case .create, .start, .kill, .delete: return !lived.isDisjoint(with: options.operations)
        case .pause: return options.operations.contains(.resume)
        case .resume: return options.operations.contains(.pause)
        default: return false
        }
    }

    /// Runs at once. Wall time is that of all, divided by how many they are.
    private func parallel(_ crowd: Int) throws {
        guard options.operations.contains(.run) else { return }
        for round in 0...options.rounds {
            for runtime in options.runtimes {
                let names = (0..<crowd).map { "\(workshop.id)-\($0)" }
                let start = DispatchTime.now().uptimeNanoseconds
                let costs = try launcher.measureAll(names.compactMap { workshop.words(runtime, .run, id: $0) })
                let wall = Double(DispatchTime.now().uptimeNanoseconds - start) / 1000
                let sum = costs.reduce(launcher.orphans()) { $0 + $1 }
                let mean = Cost(
                    wall: wall / Double(crowd), processor: sum.processor / Double(crowd), faults: sum.faults / crowd,
                    switches: sum.switches / crowd, peak: sum.peak)
                if round > 0 {
                    write(.time(place("\(crowd)-at-once"), "run", runtime: runtime.name, mean))
                }
            }
        }
    }

    /// What commands cost among many containers. With more than a few hundred, one runtime after another has its own.
    private func list(_ length: Int) throws {
        let runtimes = options.runtimes.filter { !$0.isFloor }
        // A name of the runtime's own: the control group has it, too.
        func name(_ runtime: Runtime, _ index: Int) -> String { "\(workshop.id)-\(runtime.name)-\(index)" }
        let turns = length * runtimes.count > 500 ? runtimes.map { [$0] } : [runtimes]
        for turn in turns {
            defer { for runtime in turn { for index in 0..<length { workshop.removeForcefully(runtime, name(runtime, index)) } } }
            for runtime in turn {
                for index in 0..<length {
                    guard let words = workshop.words(runtime, .create, id: name(runtime, index), bundle: "crowd") else { continue }
                    try launcher.run(words)
                }
            }
            for round in 0...options.rounds {
                for runtime in turn { try among(length, runtime, isCounted: round > 0) }
            }
        }
        _ = launcher.orphans()
    }

    private func among(_ length: Int, _ runtime: Runtime, isCounted: Bool) throws {
        func step(_ operation: Operation, counted: Bool = true) throws {
            guard let words = workshop.words(runtime, operation) else { return }
            var cost = try launcher.measure(words)
            if operation == .create { cost = cost + launcher.orphans() + (try launcher.costs(ofLiving: workshop.process())) }
            guard isCounted && counted && options.operations.contains(operation) else { return }
            write(.time(place("\(length)-alive"), operation.rawValue, runtime: runtime.name, cost))
        }
        do {
            try step(.list)
            try step(.create)
            let process = try workshop.process()
            try step(.state)
            try step(.start, counted: false)
            try step(.exec)
            try step(.kill, counted: false)
            _ = try launcher.end(of: process)
            try step(.delete, counted: false)
        } catch {
            workshop.removeForcefully(runtime, workshop.id)
            throw error
        }
    }
}
