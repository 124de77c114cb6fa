internal import CVelociEntry

/// Where the process begins: SwiftPM links `MODULE_main` of the executable's module as `main`.
@c(veloci_main)
func enter(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    unsafe veloci_command(count, arguments)
}
