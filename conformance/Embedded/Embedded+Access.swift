extension Embedded {
    /// The bytes of the probe's ELF file.
    package static var probe: [UInt8] {
        probeWords.withUnsafeBytes { Array($0[..<probeSize]) }
    }
}
