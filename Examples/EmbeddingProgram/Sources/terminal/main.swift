import VelociAsync

// A program with a terminal: its size is set, it is written to, and what it answers is read. Usage, as root: terminal ROOTFS

let runtime = Runtime(root: "/run/veloci-examples")
var spec = Spec.container(["/bin/busybox", "sh", "-c", "read line; busybox stty size; echo you said $line"])
spec.root = Root(path: CommandLine.arguments[1], readonly: true)
spec.process?.terminal = true
let program = try runtime.run(CreateRequest(id: "terminal", from: .spec(spec, relativeTo: "/")))
try program.resizeTerminal(rows: 40, columns: 100)
try await program.write(Array("hello\n".utf8))
let output = try await program.terminalChunks.collected(limit: 10_000).bytes
print(String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " | "))
print("ended: \(try await program.termination.shellStatus)")
try runtime.delete("terminal", force: true)
