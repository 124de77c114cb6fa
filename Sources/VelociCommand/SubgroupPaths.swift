internal import ByteText

/// `exec --cgroup`: control groups below the container's own.
enum SubgroupPaths {
    /// Paths by controller. On v2, where one hierarchy has all controllers, the one path has the empty name.
    ///
    /// - Throws: `CommandFailure` in runc's words.
    static func parse(_ texts: [String]) throws(CommandFailure) -> [(controller: String, path: String)] {
        var paths: [(controller: String, path: String)] = []
        for text in texts {
            guard let (controllers, path) = text.halves(at: ":") else {
                guard texts.count == 1 else {
                    throw CommandFailure("invalid --cgroup argument: \(text) (missing <controller>: prefix)")
                }
                return [("", text)]
            }
            for controller in controllers.parts(at: ",", keepsEmpty: true) {
                guard !controller.isEmpty else {
                    throw CommandFailure("invalid --cgroup argument: \(text) (empty <controller> prefix)")
                }
                guard !paths.contains(where: { $0.controller == controller }) else {
                    throw CommandFailure(
                        "invalid --cgroup argument(s): controller \(controller) specified multiple times")
                }
                paths.append((controller, path))
            }
        }
        return paths
    }
}
