extension Embedded {
    /// The bytes of the probe's ELF file.
    package static var probe: [UInt8] {
        unsafe ProbeImage.words.withUnsafeBytes { unsafe Array($0[..<ProbeImage.size]) }
    }
}
