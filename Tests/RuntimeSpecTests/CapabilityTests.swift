import CCapability
import RuntimeSpec
import Testing

/// Our table of capabilities against libcap, which knows them from the kernel's headers.
@Suite("Capabilities")
struct CapabilityTests {
    @Test("have the names and numbers that libcap knows", arguments: Capability.allCases)
    func names(capability: Capability) throws {
        let text = try #require(cap_to_name(cap_value_t(capability.rawValue)))
        defer { cap_free(text) }
        #expect(String(cString: text).uppercased() == capability.name)
        var number: cap_value_t = -1
        #expect(cap_from_name(capability.name.lowercased(), &number) == 0)
        #expect(number == cap_value_t(capability.rawValue))
    }

    @Test("are all that the running kernel has")
    func completeness() throws {
        // A kernel that is newer than the table has capabilities that nobody can name; then the table must grow.
        #expect(cap_max_bits() <= cap_value_t(Capability.allCases.count))
        // What neither knows must not be taken for one.
        let text = try #require(cap_to_name(cap_value_t(Capability.allCases.count)))
        defer { cap_free(text) }
        #expect(Capability(name: "CAP_" + String(cString: text)) == nil)
    }
}
