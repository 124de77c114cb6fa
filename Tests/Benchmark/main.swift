import Foundation

// benchmark: what commands cost, on several runtimes, one after another in the same round, so that the machine's moods meet all
// alike. Times differ from machine to machine; compare ratios. Tests/benchmark.sh gives it a view of control groups that
// every runtime accepts.
let options: Options
do {
    options = try Options(Array(CommandLine.arguments.dropFirst()))
} catch {
    FileHandle.standardError.write(Data("\(error)\nusage: benchmark [--rounds N] [--filter-of CONFIG] RUNTIME...\n".utf8))
    exit(2)
}
do {
    let workshop = try Workshop(options)
    defer { workshop.remove() }
    var table = Table(runtimes: options.runtimes)
    for round in 0...options.rounds {
        for runtime in options.runtimes {
            let costs = try workshop.life(of: runtime)
            // The first round fills caches.
            if round > 0 { table.add(costs, of: runtime) }
        }
    }
    for runtime in options.runtimes {
        table.systemCalls[runtime] = try workshop.systemCalls(of: runtime)
        table.memory[runtime] = try workshop.memoryOfCreated(by: runtime)
    }
    print(table.text)
} catch {
    FileHandle.standardError.write(Data("benchmark: \(error)\n".utf8))
    exit(1)
}
