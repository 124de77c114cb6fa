internal import VelociCommand

/// Where the process begins: SwiftPM links the symbol `veloci_main` of the executable module as `main`.
/// Embedded Swift has no `CommandLine`.
@c(veloci_main)
func enter(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    Program.run((0..<Int(count)).map { index in arguments[index].map { String(cString: $0) } ?? "" })
}
