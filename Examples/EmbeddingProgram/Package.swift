// swift-tools-version: 6.3
import Foundation
import PackageDescription

// A package of its own that depends on veloci as any other would. Here by path; Tests/embedding.sh builds a copy of it
// against a tag, given as the address of a repository in VELOCI_REPOSITORY and a version in VELOCI_VERSION.
let environment = ProcessInfo.processInfo.environment
let veloci: Package.Dependency =
    if let repository = environment["VELOCI_REPOSITORY"], let version = environment["VELOCI_VERSION"].flatMap(Version.init) {
        .package(url: repository, exact: version)
    } else {
        .package(name: "veloci", path: "../..")
    }

let package = Package(
    name: "embedding",
    dependencies: [veloci],
    targets: [
        .target(name: "Holdings"),
        .executableTarget(name: "embedding", dependencies: ["Holdings", .product(name: "Veloci", package: "veloci")]),
        .executableTarget(name: "hosts", dependencies: ["Holdings", .product(name: "Veloci", package: "veloci")]),
        .executableTarget(name: "validator", dependencies: [.product(name: "RuntimeSpec", package: "veloci")]),
    ]
        + ["job-runner", "sandbox", "server", "supervisor", "terminal"].map { name in
            .executableTarget(name: name, dependencies: [.product(name: "VelociAsync", package: "veloci")])
        }
)
