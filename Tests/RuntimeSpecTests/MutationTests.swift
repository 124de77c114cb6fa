import Chance
import RuntimeSpec
import Testing

/// Fixtures with random changes. Nothing must crash; whatever is accepted must survive being written and read.
@Suite("Mutations")
struct MutationTests {
    @Test("of bytes never crash the reader and never break what was read", arguments: [1, 2, 3, 4] as [UInt64])
    func bytes(seed: UInt64) throws {
        let sources = try Fixture.all.filter { $0.document == "config" }.map { try $0.bytes() }.filter { $0.count < 8000 }
        #expect(sources.count > 300)
        var random = SplitMix(seed: seed)
        var accepted = 0
        for _ in 0..<5000 {
            let bytes = mutated(sources.randomElement(using: &random) ?? [], &random)
            let (value, diagnostics) = Spec.check(bytes)
            #expect((value == nil) == diagnostics.contains { $0.severity == .must })
            guard let value else { continue }
            accepted += 1
            let text = value.encoded()
            #expect(try Spec.decode(text) == value)
        }
        #expect(accepted > 50)
    }

    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert("{}[],:\"\\0123456789-.eu".utf8.randomElement(using: &random) ?? 0, at: index)
            case 4: bytes.removeSubrange(index...)
            default:
                let end = min(bytes.count, index + Int.random(in: 1...40, using: &random))
                bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    @Test("of values are found by validation or survive a round trip", arguments: [5, 6] as [UInt64])
    func values(seed: UInt64) throws {
        let sources = try Fixture.all.filter {
            $0.document == "config" && $0.isAccepted && $0.file != "accepted/depth-128.json"
        }
        .map { try JSONValue.decode($0.bytes()) }
        var random = SplitMix(seed: seed)
        let replacements: [JSONValue] = [
            nil, true, 0, -1, 4_294_967_296, "", "/", "../..", "a\u{0}b", [], [:], [nil], "\u{212A}",
            .number(JSONNumber(UInt64.max)),
        ]
        for _ in 0..<2000 {
            var document = sources.randomElement(using: &random) ?? nil
            let path = randomPath(document, &random)
            document[path] = replacements.randomElement(using: &random) ?? nil
            let (value, diagnostics) = Spec.check(document.encoded())
            #expect((value == nil) == diagnostics.contains { $0.severity == .must })
            if let value { #expect(try Spec.decode(value.encoded(.pretty)) == value) }
        }
    }

    private func randomPath(_ value: JSONValue, _ random: inout SplitMix) -> JSONPath {
        var path = JSONPath()
        var value = value
        while Int.random(in: 0..<6, using: &random) > 0 {
            switch value {
            case .object(let object):
                guard let member = object.members.randomElement(using: &random) else { return path }
                path = path.member(member.name)
                value = member.value
            case .array(let elements):
                guard let index = elements.indices.randomElement(using: &random) else { return path }
                path = path.index(index)
                value = elements[index]
            default: return path
            }
        }
        return path
    }
}
