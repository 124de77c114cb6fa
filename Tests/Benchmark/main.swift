import Foundation

// bench: what commands cost, on several runtimes, one after another in the same round, so that the machine's moods meet all
// alike. Times differ from machine to machine; compare ratios. Tests/bench.sh gives it a view of control groups that every
// runtime accepts, keeps what it prints, and has it made into a report.
do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if let folder = options.report {
        try Report(options).write(to: folder)
    } else {
        let workshop = try Workshop(options)
        defer { workshop.clear() }
        let measurement = Measurement(workshop: workshop, options: options) { sample in
            FileHandle.standardOutput.write(Data(sample.line.utf8))
        }
        for section in options.sections { try measurement.measure(section) }
    }
} catch {
    FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
    exit(1)
}
