// Flags that several commands have.
extension Flag {
    static let bundle = Flag("bundle", "b", .text, standard: "current directory", "the bundle directory")
    static let consoleSocket = Flag(
        "console-socket", .text, "the socket that receives the terminal's descriptor; needs process.terminal")
    static let pidfdSocket = Flag("pidfd-socket", .text, "the socket that receives a pidfd of the process")
    static let pidFile = Flag("pid-file", .text, "write the process's id on the host to this file")
    static let detach = Flag("detach", "d", .bool, "return as soon as the process runs")
    static let noPivot = Flag("no-pivot", .bool, "change the root without pivot_root, for a root on a ramdisk")
    static let noNewKeyring = Flag("no-new-keyring", .bool, "keep the caller's session keyring")
    static let preserveDescriptors = Flag(
        "preserve-fds", .integer, standard: "0", "pass that many descriptors on, from 3 and after $LISTEN_FDS's")
    /// veloci adopts no orphans, so there is nothing to switch off.
    static let noSubreaper = Flag("no-subreaper", .bool, "")
    static let tableFormat = Flag("format", "f", .text, standard: "table", "table or json")
    static let textFormat = Flag("format", "f", .text, standard: "text", "text or json")
}

// Arguments that several commands have.
extension Subcommand {
    static let containerID = "<container-id>"
}
