// swift-tools-version: 6.3
import PackageDescription

// Targets, from the ground up. Arrows go down only; Tests/StyleTests checks the imports against this file.
// ARCHITECTURE.md says in one line what each owns.

let language: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
// Not for test bundles: what the macros of the testing library expand to has warnings.
let warned = language + [.treatAllWarnings(as: .error)]
// What users run or link: each expression that the compiler cannot prove safe says so.
let strict = warned + [.strictMemorySafety()]

// Libraries that libFuzzer sees into, and the program with all fuzzers: Tests/fuzz.sh makes them, and no other build has them.
let isFuzzing = Context.environment["VELOCI_FUZZING"] != nil
let watched: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"])] : []

// Compiled both as ordinary Swift, for programs that import the library, and as Embedded Swift, for the executable that is
// installed (`make build`). What the latter does not have is an error in the former already.
let embeddable: [SwiftSetting] = strict + [.treatWarning("EmbeddedRestrictions", as: .error)] + watched

// The stage is freestanding: no libc, no Swift runtime, no allocator. Whatever would allocate does not link.
let stageSwift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(["-Osize", "-wmo", "-Xfrontend", "-disable-stack-protector", "-Xfrontend", "-function-sections"]),
]
let stageC: [CSetting] = [
    .unsafeFlags(["-ffreestanding", "-fno-stack-protector", "-fno-builtin", "-fno-pic", "-Os", "-ffunction-sections"])
]
let stageLink: [LinkerSetting] = [
    .unsafeFlags([
        "-use-ld=lld", "-static-executable", "-Xclang-linker", "-nostdlib", "-Xclang-linker", "-nostartfiles",
        "-Xlinker", "--gc-sections", "-Xlinker", "-s", "-Xlinker", "--build-id=none",
        "-Xlinker", "-T", "-Xlinker", "\(Context.packageDirectory)/Sources/discarded.ld",
    ])
]
// What has no system in its triple, as Embedded Swift for arm64 (make ARCH=arm64), is static, and the compiler has no files for the word.
// Nor does what AddressSanitizer links go into a static one: VELOCI_CHECKED is for Tests/memory.sh.
let isChecked = Context.environment["VELOCI_CHECKED"] != nil
let staticExecutable: [LinkerSetting] = [
    .unsafeFlags(
        (isChecked || Context.environment["VELOCI_BARE"] != nil ? [] : ["-static-executable"]) + ["-Xlinker", "-s"])
]

let package = Package(
    name: "veloci",
    products: [
        .executable(name: "veloci", targets: ["veloci"]),
        .library(name: "Veloci", targets: ["Veloci"]),
        .library(name: "VelociAsync", targets: ["VelociAsync"]),
        .library(name: "RuntimeSpec", targets: ["RuntimeSpec"]),
        .library(name: "Cgroups", targets: ["Cgroups"]),
        .library(name: "Seccomp", targets: ["Seccomp"]),
    ],
    targets: [
        .target(name: "CLinux"),
        .target(name: "CLibrary"),
        // SwiftPM's own knowledge of the commit is as old as its cached manifest; the environment is not.
        .target(
            name: "CBuildFacts",
            cSettings: [.define("VELOCI_COMMIT", to: "\"\(Context.environment["VELOCI_COMMIT"] ?? "unknown")\"")]),
        .target(name: "CStageWire"),
        .target(name: "CStageEntry", cSettings: stageC),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        // Nothing that runs needs it: the tests hold our table of capabilities against it.
        .systemLibrary(name: "CCapability", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),

        .target(name: "ByteText", swiftSettings: embeddable),
        .target(name: "Protobuf", swiftSettings: embeddable),
        .target(name: "RuntimeSpec", dependencies: ["ByteText"], swiftSettings: embeddable),
        .target(name: "LinuxKernel", dependencies: ["ByteText", "CLinux", "CLibrary"], swiftSettings: embeddable),
        .target(name: "DBus", dependencies: ["ByteText", "LinuxKernel"], swiftSettings: embeddable),
        .target(
            name: "Cgroups", dependencies: ["ByteText", "DBus", "LinuxKernel", "RuntimeSpec", "CLinux"], swiftSettings: embeddable
        ),
        .target(name: "Seccomp", dependencies: ["RuntimeSpec", "CSeccomp", "CLinux"], swiftSettings: embeddable),
        .target(
            name: "ContainerPlan", dependencies: ["ByteText", "Cgroups", "RuntimeSpec", "CLinux", "CStageWire"],
            swiftSettings: embeddable),

        // For editors, and for whoever reads errors: what the library carries is compiled by StageEmbedder, whose flags are its own.
        .target(name: "Stage", dependencies: ["CLinux", "CStageWire", "CStageEntry"], swiftSettings: stageSwift),
        .executableTarget(name: "StageEmbedder", swiftSettings: strict),
        .plugin(name: "EmbedStage", capability: .buildTool(), dependencies: ["StageEmbedder"]),
        .target(name: "StageImage", swiftSettings: embeddable, plugins: ["EmbedStage"]),

        .target(
            name: "Veloci",
            dependencies: [
                "ByteText", "Protobuf", "RuntimeSpec", "LinuxKernel", "Cgroups", "Seccomp", "ContainerPlan", "StageImage",
                "CLinux",
                "CLibrary", "CStageWire",
            ], swiftSettings: embeddable),
        // For programs of tasks; ordinary Swift only, and nothing of the command line's.
        .target(name: "VelociAsync", dependencies: ["LinuxKernel", "Veloci"], swiftSettings: strict),
        // The command line is a library so that tests can link it; the executable's own settings would not let them.
        .target(
            name: "VelociCommand",
            dependencies: [
                "ByteText", "Veloci", "RuntimeSpec", "LinuxKernel", "Seccomp", "CBuildFacts", "CLibrary", "CVelociEntry",
            ], swiftSettings: embeddable),
        .target(name: "CVelociEntry"),
        // Empty unless embedded.json or arm64.json says otherwise.
        .target(name: "CStandalone"),
        // VelociCommand is linked and not imported; embedded.json is for SwiftPM's --toolset.
        .executableTarget(
            name: "veloci", dependencies: ["VelociCommand", "CVelociEntry", "CStandalone"], path: "Sources/VelociExecutable",
            exclude: ["arm64.json", "embedded.json", "order.txt"], swiftSettings: embeddable + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: staticExecutable),

        // Numbers by chance that can be repeated.
        .target(name: "Chance", path: "Tests/Chance", swiftSettings: warned),
        // What tests of several targets share.
        .target(name: "TestSupport", dependencies: ["DBus", "LinuxKernel"], path: "Tests/TestSupport", swiftSettings: warned),

        // The sources of CStandalone with other names, beside the C library.
        .target(name: "StandaloneSubject", path: "Tests/StandaloneSubject"),
        .testTarget(name: "StandaloneTests", dependencies: ["StandaloneSubject"], swiftSettings: language),
        .testTarget(name: "ByteTextTests", dependencies: ["ByteText"], swiftSettings: language),
        .testTarget(name: "ProtobufTests", dependencies: ["Protobuf"], swiftSettings: language),
        .testTarget(name: "DBusTests", dependencies: ["Chance", "DBus", "LinuxKernel", "TestSupport"], swiftSettings: language),
        .testTarget(
            name: "CgroupsTests",
            dependencies: ["ByteText", "Cgroups", "Chance", "DBus", "LinuxKernel", "RuntimeSpec", "CLinux", "TestSupport"],
            exclude: ["RESOURCES.md"], swiftSettings: language),
        // The conformance suite: the probe that runs inside containers, which StageEmbedder compiles as it does the stage (the target is
        // for editors), and the tool that carries it.
        .executableTarget(
            name: "oci-probe", dependencies: ["CLinux", "CStageEntry"], path: "conformance/Probe", swiftSettings: stageSwift,
            linkerSettings: stageLink),
        .executableTarget(name: "conformance-embedder", path: "conformance/Embedder", swiftSettings: [.swiftLanguageMode(.v6)]),
        .plugin(
            name: "EmbedConformance", capability: .buildTool(), dependencies: ["StageEmbedder", "conformance-embedder"]),
        .target(
            name: "ConformanceData", path: "conformance/Embedded", swiftSettings: embeddable, plugins: ["EmbedConformance"]),
        .target(name: "CHarness", path: "conformance/CHarness"),
        .target(
            name: "Conformance", dependencies: ["ConformanceData", "RuntimeSpec", "CHarness", "CLinux"],
            path: "conformance/Sources", swiftSettings: embeddable),
        // arm64.json is for SwiftPM's --toolset.
        .executableTarget(
            name: "oci-conformance", dependencies: ["Conformance", "CStandalone"], path: "conformance/Tool", exclude: ["arm64.json"],
            swiftSettings: embeddable,
            linkerSettings: staticExecutable),

        .testTarget(name: "LinuxKernelTests", dependencies: ["LinuxKernel", "CLinux"], swiftSettings: language),
        // House rules; the sources are read as text.
        .testTarget(name: "StyleTests", swiftSettings: language),
        // Golden plans, the plan checker and the encoding; nothing of the host is looked at.
        .testTarget(
            name: "ContainerPlanTests",
            dependencies: ["Chance", "ContainerPlan", "Cgroups", "RuntimeSpec", "CLinux", "CStageWire"],
            swiftSettings: language),
        .testTarget(
            name: "VelociTests",
            dependencies: [
                "Veloci", "VelociAsync", "Cgroups", "ContainerPlan", "LinuxKernel", "RuntimeSpec", "CLinux", "CStageWire", "TestSupport",
            ],
            swiftSettings: language),
        .testTarget(name: "ConformanceTests", dependencies: ["Conformance", "RuntimeSpec"], swiftSettings: language),
        .testTarget(name: "RuntimeSpecTests", dependencies: ["Chance", "RuntimeSpec", "CCapability"], swiftSettings: language),
        .testTarget(
            name: "SeccompTests", dependencies: ["Chance", "Seccomp", "RuntimeSpec", "CSeccomp", "CLinux"],
            swiftSettings: language),
        // Its tests run the executable as well, which every build makes; a dependency would link them statically.
        .testTarget(
            name: "VelociCommandTests", dependencies: ["VelociCommand", "Veloci", "RuntimeSpec"], swiftSettings: language),
        // The manual's pages and the completions of shells, made from the table of commands and compared with it.
        .testTarget(name: "ManualTests", dependencies: ["VelociCommand", "Conformance", "RuntimeSpec"], swiftSettings: language),
        // Faults, kills, races and attacks. Its program counts what is left of its own, so it is a process of its own.
        .executableTarget(
            name: "veloci-torture", dependencies: ["Chance", "Veloci", "ContainerPlan", "RuntimeSpec", "LinuxKernel", "CLinux"],
            path: "Tests/TortureSubject",
            swiftSettings: warned),
        // Costs of every command beside other runtimes: Tests/bench.sh, which compiles the two C programs itself.
        .executableTarget(
            name: "veloci-bench", dependencies: ["CLinux", "LinuxKernel", "RuntimeSpec", "Seccomp"], path: "Tests/Benchmark",
            exclude: ["floor.c", "launch.c", "enter.sh", "results", "README.md"], swiftSettings: warned),
        .testTarget(name: "TortureTests", dependencies: ["TestSupport"], swiftSettings: language),
    ]
)

if isFuzzing {
    package.targets += [
        .target(name: "CFuzzing", path: "Tests/Fuzzing/Driver", cSettings: [.unsafeFlags(["-fsanitize=address"])]),
        // The stage's own files, with whatever a fuzzer answers in place of the kernel.
        .target(
            name: "StageForHost", dependencies: ["CFuzzing", "CLinux", "CStageWire"], path: "Tests/Fuzzing/Stage",
            swiftSettings: [.swiftLanguageMode(.v6)] + watched),
        .executableTarget(
            name: "veloci-fuzz",
            dependencies: [
                "CFuzzing", "CLinux", "CSeccomp", "CStageWire", "Cgroups", "Chance", "ContainerPlan", "DBus", "LinuxKernel",
                "RuntimeSpec",
                "Seccomp", "StageForHost", "Veloci", "VelociCommand",
            ],
            path: "Tests/Fuzzing/Fuzzers", swiftSettings: warned + watched,
            linkerSettings: [.unsafeFlags(["-use-ld=lld", "-sanitize=fuzzer,address"])]),
    ]
}

// Freestanding, and linked for editors alone.
if isChecked { package.targets.removeAll { $0.name == "oci-probe" } }
