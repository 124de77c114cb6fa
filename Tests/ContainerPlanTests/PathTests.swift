import Testing

@testable import ContainerPlan

/// Paths by their texts.
@Suite struct PathTests {
    @Test(arguments: [
        ("/", "/"), ("", "/"), ("data", "/data"), ("/a//b/", "/a/b"), ("/./a/.", "/a"), ("/a/../b", "/a/../b"),
        ("/.a/..b", "/.a/..b"),
        ("/a", "/a"), ("//", "/"),
    ])
    func placesAreCleaned(text: String, expected: String) {
        #expect(ContainerPath(cleaning: text).text == expected)
    }

    @Test func pathsOfADocumentStartInTheBundle() {
        #expect(HostPath("rootfs", from: "/bundle") == "/bundle/rootfs")
        #expect(HostPath("/srv/root", from: "/bundle") == "/srv/root")
        #expect(HostPath("/bundle").path(to: "config.json") == "/bundle/config.json")
    }

    @Test(
        arguments: [
            ("/srv/root/data", "/data"), ("/srv//root/./data/x", "/data/x"), ("/srv/root", nil), ("/srv/rootdata", nil),
            ("/srv", nil),
        ] as [(HostPath, ContainerPath?)])
    func whatLiesInARoot(path: HostPath, place: ContainerPath?) {
        #expect(path.place(in: "/srv/root/") == place)
    }

    @Test func insideIsAPlaceOrBelowIt() {
        #expect(ContainerPath("/data").isInside("/data") && ContainerPath("/data/x").isInside("/data"))
        #expect(!ContainerPath("/database").isInside("/data") && !ContainerPath("/").isInside("/data"))
    }
}
