internal import ContainerPlan
internal import RuntimeSpec

extension Undo {
    /// As a record has it: what is done, and on what.
    func write(to writer: inout JSONWriter) {
        writer.open("{")
        switch self {
        case .removeStateDirectory: writer.member("do", "removeStateDirectory")
        case .stopUnit(let name, let isOfUser):
            writer.member("do", "stopUnit")
            writer.member("name", name)
            writer.member("isOfUser", isOfUser)
        case .removeControlGroup(let directories):
            writer.member("do", "removeControlGroup")
            writer.member("directories", directories)
        case .removeCacheGroups: writer.member("do", "removeCacheGroups")
        case .detachRoot(let path):
            writer.member("do", "detachRoot")
            writer.member("path", path.text)
        case .detachRestorePlace: writer.member("do", "detachRestorePlace")
        case .thaw: writer.member("do", "thaw")
        case .endProcess: writer.member("do", "endProcess")
        case .runPoststopHooks: writer.member("do", "runPoststopHooks")
        case .moveDeviceBack(let name):
            writer.member("do", "moveDeviceBack")
            writer.member("name", name)
        case .removePidFile(let path):
            writer.member("do", "removePidFile")
            writer.member("path", path.text)
        }
        writer.close("}")
    }

    init(from reader: inout JSONReader) throws(JSONStop) {
        var what = ""
        var name: String?
        var path: String?
        var isOfUser = false
        var directories: [String: String] = [:]
        try reader.members { (member, reader) throws(JSONStop) in
            if member.equals("do") {
                what = try reader.text()
            } else if member.equals("name") {
                name = try reader.text()
            } else if member.equals("path") {
                path = try reader.text()
            } else if member.equals("isOfUser") {
                isOfUser = try reader.truth()
            } else if member.equals("directories") {
                directories = try reader.texts()
            } else {
                try reader.skip()
            }
        }
        switch (what, name, path) {
        case ("removeStateDirectory", _, _): self = .removeStateDirectory
        case ("stopUnit", let name?, _): self = .stopUnit(name: name, isOfUser: isOfUser)
        case ("removeControlGroup", _, _): self = .removeControlGroup(directories)
        case ("removeCacheGroups", _, _): self = .removeCacheGroups
        case ("detachRoot", _, let path?): self = .detachRoot(at: HostPath(path))
        case ("detachRestorePlace", _, _): self = .detachRestorePlace
        case ("thaw", _, _): self = .thaw
        case ("endProcess", _, _): self = .endProcess
        case ("runPoststopHooks", _, _): self = .runPoststopHooks
        case ("moveDeviceBack", let name?, _): self = .moveDeviceBack(name)
        case ("removePidFile", _, let path?): self = .removePidFile(HostPath(path))
        default: throw JSONStop()
        }
    }
}

extension StepAccount {
    /// As a record has it.
    func write(to writer: inout JSONWriter) {
        writer.open("{")
        writer.name("step")
        writer.integer(number)
        writer.member("does", text)
        if !origin.components.isEmpty {
            writer.name("path")
            writer.list(origin.components) { component, writer in
                switch component {
                case .member(let name): writer.string(name)
                case .index(let index): writer.integer(index)
                }
            }
        }
        switch subject {
        case .program(let name): writer.member("program", name)
        case .directory(let path): writer.member("directory", path)
        case .hook(let kind, let path, let timeout):
            writer.member("hook", path)
            writer.member("kind", kind)
            if let timeout {
                writer.name("timeout")
                writer.integer(timeout)
            }
        case .other: break
        }
        writer.close("}")
    }

    init(from reader: inout JSONReader) throws(JSONStop) {
        var account = StepAccount(number: 0, text: "", origin: JSONPath([]), subject: .other)
        var hook: (kind: String?, path: String?, timeout: Int?) = (nil, nil, nil)
        var isComplete = (number: false, text: false)
        try reader.members { (member, reader) throws(JSONStop) in
            if member.equals("step") {
                account.number = try reader.number()
                isComplete.number = true
            } else if member.equals("does") {
                account.text = try reader.text()
                isComplete.text = true
            } else if member.equals("path") {
                try reader.elements { (reader) throws(JSONStop) in
                    account.origin.components.append(reader.hasText ? .member(try reader.text()) : .index(try reader.number()))
                }
            } else if member.equals("program") {
                account.subject = .program(try reader.text())
            } else if member.equals("directory") {
                account.subject = .directory(try reader.text())
            } else if member.equals("hook") {
                hook.path = try reader.text()
            } else if member.equals("kind") {
                hook.kind = try reader.text()
            } else if member.equals("timeout") {
                hook.timeout = try reader.number()
            } else {
                try reader.skip()
            }
        }
        guard isComplete.number, isComplete.text else { throw JSONStop() }
        if let path = hook.path, let kind = hook.kind {
            account.subject = .hook(kind: kind, path: path, timeout: hook.timeout)
        }
        self = account
    }
}
