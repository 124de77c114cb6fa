import CFuzzing
import Glibc

// veloci-fuzz list | seeds NAME DIRECTORY | NAME [arguments of libFuzzer]. Tests/fuzz.sh calls it.

/// One thing that is attacked: what is done with an input, and inputs to begin with.
struct Fuzzer: Sendable {
    let name: String
    var seeds: [String] = []
    let attempt: @Sendable ([UInt8]) -> Void

    init(_ name: String, seeds: [String] = [], _ attempt: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.seeds = seeds
        self.attempt = attempt
    }
}

let fuzzers: [Fuzzer] = [
    .json, .config, .properties, .state, .kernelTexts, .commandLine, .texts, .bus, .route, .gates, .users, .paths, .devices, .filters,
]

func seed(_ fuzzer: Fuzzer, _ directory: String) {
    for (index, text) in fuzzer.seeds.enumerated() {
        guard let file = fopen("\(directory)/seed-\(index)", "w") else { continue }
        fputs(text, file)
        fclose(file)
    }
}

nonisolated(unsafe) var chosen: Fuzzer?

let words = CommandLine.arguments
guard words.count > 1, words[1] != "list" else {
    print(fuzzers.map { $0.name }.joined(separator: "\n"))
    exit(0)
}
if words.count == 4, words[1] == "seeds" {
    fuzzers.filter { $0.name == words[2] }.forEach { seed($0, words[3]) }
    exit(0)
}
chosen = fuzzers.first { $0.name == words[1] }
guard chosen != nil else {
    print("there is no fuzzer \(words[1]); list prints their names")
    exit(2)
}
var list: [UnsafeMutablePointer<CChar>?] = ([words[0]] + words.dropFirst(2)).map { strdup($0) } + [nil]
var count = Int32(list.count - 1)
let status = list.withUnsafeMutableBufferPointer { buffer in
    var start = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &start) { bytes, size in
        chosen?.attempt(Array(UnsafeBufferPointer(start: bytes, count: size)))
        return 0
    }
}
exit(status)
