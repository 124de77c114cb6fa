import CLinux
import CStageEntry

/// The probe is started as `probe OPERATION…` inside the container and performs the operations in order; each writes one
/// line of JSON. `Operations.swift` is the list.
@c(stage_main)
public func probeMain(_ stack: UnsafePointer<UInt>) {
    let count = unsafe Int(stack[0])
    let arguments = unsafe UnsafeRawPointer(stack + 1).assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
    var probe = unsafe Probe(
        arguments: arguments, count: count, environment: arguments + count + 1, output: Output(), scratch: map(Probe.scratchSize))
    probe.run()
    exit(0)
}

/// What the probe knows of its own start, and where it writes.
@safe struct Probe {
    let arguments: UnsafePointer<Text?>
    let count: Int
    let environment: UnsafePointer<Text?>
    var output: Output
    /// Memory for files, links and lists of directories.
    let scratch: UnsafeMutablePointer<UInt8>
    /// The next argument.
    var position = 1

    static let scratchSize = 1 << 20

    init(
        arguments: UnsafePointer<Text?>, count: Int, environment: UnsafePointer<Text?>, output: Output,
        scratch: UnsafeMutablePointer<UInt8>
    ) {
        unsafe self.arguments = arguments
        self.count = count
        unsafe self.environment = environment
        self.output = output
        unsafe self.scratch = scratch
    }

    mutating func next() -> Text {
        guard position < count, let text = unsafe arguments[position] else {
            _ = unsafe call(__NR_write, 2, word(("probe: argument missing\n" as StaticString).utf8Start), 24)
            exit(121)
        }
        position += 1
        return unsafe text
    }

    mutating func run() {
        while position < count {
            let operation = unsafe next()
            unsafe perform(operation)
        }
    }
}
