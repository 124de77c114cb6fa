import Testing

/// Who may import whom. SwiftPM does not refuse the import of a module that another dependency brings along.
@Suite struct ImportTests {
    /// The targets that run when a container is made: nothing that starts a thread, or loads a locale, or costs a
    /// millisecond at start.
    static let startPath: Set<String> = [
        "CLinux", "CLibrary", "CVelociEntry", "CStandalone", "CStageWire", "CStageEntry", "ByteText", "Protobuf", "RuntimeSpec", "LinuxKernel", "DBus", "Cgroups", "Seccomp", "ContainerPlan", "Stage",
        "StageImage", "Veloci", "VelociCommand", "veloci",
    ]

    /// The order of the targets, from the ground up: each may import those before it only.
    static let order = [
        "CLinux", "CLibrary", "CVelociEntry", "CStandalone", "CBuildFacts", "CStageWire", "CStageEntry", "CSeccomp", "CCapability", "ByteText", "Protobuf", "RuntimeSpec", "LinuxKernel", "DBus", "Cgroups",
        "Seccomp", "ContainerPlan", "Stage", "StageEmbedder", "EmbedStage", "StageImage", "Veloci", "VelociAsync", "VelociCommand", "veloci",
    ]

    @Test func targetsAreFound() {
        #expect(PackageTarget.all.count > 20)
        for target in PackageTarget.all where !["systemLibrary", "plugin"].contains(target.kind) {
            let hasC = Repository.files([target.path]).contains { $0.hasSuffix(".c") || $0.hasSuffix(".h") }
            #expect(!target.files.isEmpty || hasC, "\(target.name) has no files at \(target.path)")
        }
    }

    @Test(arguments: PackageTarget.all.map(\.name)) func importsAreDeclared(_ name: String) throws {
        let target = try #require(PackageTarget.all.first { $0.name == name })
        var allowed = Set(target.dependencies)
        // The standard library of the platform; Embedded Swift has none.
        if !Self.startPath.contains(name) && name != "oci-probe" { allowed.formUnion(["Glibc", "Synchronization"]) }
        if target.kind == "testTarget" { allowed.formUnion(["Testing", "Foundation"]) }
        if target.kind == "plugin" { allowed.formUnion(["PackagePlugin", "Foundation"]) }
        if !Self.startPath.contains(name) { allowed.formUnion(["Foundation", "FoundationEssentials"]) }
        for file in target.files {
            for module in file.imports where !allowed.contains(module) {
                let isFoundation = module.hasPrefix("Foundation")
                let reason = isFoundation ? "the start path has no Foundation" : "Package.swift does not declare it"
                Issue.record("\(file.path) imports \(module): \(reason)")
            }
        }
    }

    /// What is linked and not imported, each with the reason.
    static let linked: [String: Set<String>] = [
        "veloci": ["VelociCommand", "CStandalone"],  // CVelociEntry.h and CStandalone.h say why
        "oci-conformance": ["CStandalone"],  // objects.c says why
    ]

    /// What is declared is needed: a dependency that nobody imports hides what a target knows.
    @Test(arguments: PackageTarget.all.map(\.name)) func dependenciesAreUsed(_ name: String) throws {
        let target = try #require(PackageTarget.all.first { $0.name == name })
        guard target.kind != "plugin" else { return }
        let imported = Set(target.files.flatMap(\.imports))
        for dependency in target.dependencies where !imported.contains(dependency) && Self.linked[name]?.contains(dependency) != true {
            Issue.record("\(name) declares \(dependency) and never imports it")
        }
    }

    @Test func arrowsGoDown() {
        for target in PackageTarget.all {
            guard let place = Self.order.firstIndex(of: target.name) else { continue }
            for dependency in target.dependencies {
                let other = Self.order.firstIndex(of: dependency)
                #expect((other ?? .max) < place, "\(target.name) must not know \(dependency)")
            }
        }
    }

    @Test func architectureNamesEveryFolder() {
        let page = Repository.text("ARCHITECTURE.md")
        for target in PackageTarget.all where target.path.hasPrefix("Sources/") || target.path.hasPrefix("Plugins/") {
            #expect(page.contains("`\(target.path)`"), "ARCHITECTURE.md does not say what \(target.path) owns")
        }
    }
}
