import Testing

@testable import Veloci

@Suite struct FileSystemTypesTests {
    @Test func typesAreWholeNames() {
        let types = FileSystemTypes(Array("nodev\tsysfs\nnodev\ttmpfs\n\text4\nnodev\tcgroup2".utf8))
        for type in ["sysfs", "tmpfs", "ext4", "cgroup2"] { #expect(types.contains(type)) }
        for other in ["", "nodev", "sys", "fs", "ext", "xt4", "cgroup", "cgroup22", "\text4"] { #expect(!types.contains(other)) }
        #expect(!FileSystemTypes([]).contains("tmpfs") && !FileSystemTypes([]).contains(""))
    }

    @Test func thisKernel() {
        #expect(FileSystemTypes.ofKernel.contains("proc") && FileSystemTypes.ofKernel.contains("tmpfs"))
    }
}
