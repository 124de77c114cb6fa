internal import CVelociEntry

/// Where the executable hands over. Embedded Swift has no `CommandLine`.
@c @implementation
func veloci_command(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    Program.run((0..<Int(count)).map { index in unsafe arguments[index].map { unsafe String(cString: $0) } ?? "" })
}
