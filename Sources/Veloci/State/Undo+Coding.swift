internal import ContainerPlan
internal import RuntimeSpec

extension Undo {
    /// As a record has it: what is done, and on what.
    var json: JSONValue {
        switch self {
        case .removeStateDirectory: ["do": "removeStateDirectory"]
        case .stopUnit(let name, let isOfUser): ["do": "stopUnit", "name": .string(name), "isOfUser": .bool(isOfUser)]
        case .removeControlGroup(let directories):
            ["do": "removeControlGroup", "directories": .object(JSONMembers(texts: directories))]
        case .removeCacheGroups: ["do": "removeCacheGroups"]
        case .detachRoot(let path): ["do": "detachRoot", "path": .string(path)]
        case .endProcess: ["do": "endProcess"]
        case .runPoststopHooks: ["do": "runPoststopHooks"]
        case .moveDeviceBack(let name): ["do": "moveDeviceBack", "name": .string(name)]
        case .removePidFile(let path): ["do": "removePidFile", "path": .string(path)]
        }
    }

    /// Nil for what is none.
    init?(_ value: JSONValue) {
        guard let object = value.object, let what = object["do"]?.string else { return nil }
        let name = object["name"]?.string
        let path = object["path"]?.string
        switch (what, name, path) {
        case ("removeStateDirectory", _, _): self = .removeStateDirectory
        case ("stopUnit", let name?, _): self = .stopUnit(name: name, isOfUser: object["isOfUser"]?.bool ?? false)
        case ("removeControlGroup", _, _): self = .removeControlGroup(object["directories"]?.object?.texts ?? [:])
        case ("removeCacheGroups", _, _): self = .removeCacheGroups
        case ("detachRoot", _, let path?): self = .detachRoot(at: path)
        case ("endProcess", _, _): self = .endProcess
        case ("runPoststopHooks", _, _): self = .runPoststopHooks
        case ("moveDeviceBack", let name?, _): self = .moveDeviceBack(name)
        case ("removePidFile", _, let path?): self = .removePidFile(path)
        default: return nil
        }
    }
}

extension StepAccount {
    /// As a record has it.
    var json: JSONValue {
        var members: JSONMembers = ["step": .number(JSONNumber(number)), "does": .string(text)]
        if !origin.components.isEmpty { members["path"] = .array(origin.components.map { $0.json }) }
        switch subject {
        case .program(let name): members["program"] = .string(name)
        case .directory(let path): members["directory"] = .string(path)
        case .hook(let kind, let path, let timeout):
            members["hook"] = .string(path)
            members["kind"] = .string(kind)
            if let timeout { members["timeout"] = .number(JSONNumber(timeout)) }
        case .other: break
        }
        return .object(members)
    }

    /// Nil for what is none.
    init?(_ value: JSONValue) {
        guard let object = value.object, let number = object["step"]?.number?.integer(as: Int.self),
            let text = object["does"]?.string
        else { return nil }
        var subject = Subject.other
        if let name = object["program"]?.string { subject = .program(name) }
        if let path = object["directory"]?.string { subject = .directory(path) }
        if let path = object["hook"]?.string, let kind = object["kind"]?.string {
            subject = .hook(kind: kind, path: path, timeout: object["timeout"]?.number?.integer(as: Int.self))
        }
        let components = object["path"]?.array?.compactMap { JSONPath.Component($0) } ?? []
        self.init(number: number, text: text, origin: JSONPath(components), subject: subject)
    }
}

extension JSONPath.Component {
    fileprivate var json: JSONValue {
        switch self {
        case .member(let name): .string(name)
        case .index(let index): .number(JSONNumber(index))
        }
    }

    fileprivate init?(_ value: JSONValue) {
        if let name = value.string {
            self = .member(name)
        } else if let index = value.number?.integer(as: Int.self) {
            self = .index(index)
        } else {
            return nil
        }
    }
}
