import CHarness

// Functions of the C library that Swift cannot call as C declares them, with C's names.

/// The error of the last call that failed. The corresponding C name is `errno`.
var errno: Int32 { harness_error() }

/// The corresponding C function is `open`.
///
/// - Parameter mode: the mode of a file that is made.
func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 { unsafe harness_open(path, flags, mode) }

/// The corresponding C function is `fcntl`.
@discardableResult
func fcntl(_ descriptor: Int32, _ operation: Int32, _ value: Int32) -> Int32 { harness_control(descriptor, operation, value) }

/// The path without links and dots, nil if there is none. The corresponding C function is `realpath`.
func realPath(_ path: String) -> String? {
    guard let real = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
}

/// The value of a variable of the environment, nil if it is not set. The corresponding C function is `getenv`.
func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

/// Ends the process because the suite itself is wrong.
func stop(_ why: String) -> Never {
    try? Files.write(2, Array("oci-conformance: \(why)\n".utf8), "standard error")
    abort()
}
