import RuntimeSpec

// What is wrong with a configuration, without root, without Linux, without a file. Usage: validator

let text = """
    {
        "ociVersion": "1.2.0",
        "process": { "cwd": "relative", "args": [] },
        "linux": { "namespaces": [{ "type": "net" }] }
    }
    """
for problem in Spec.check(Array(text.utf8)).diagnostics {
    print("\(problem.line ?? 0):\(problem.column ?? 0): \(problem.path): \(problem.message)")
}
