internal import Protobuf

/// What CRIU says over its socket (`criu_resp`).
struct CriuResponse: Equatable {
    /// `criu_req_type`; nil for one that nobody asked for.
    var kind: CriuRequest.Kind?
    var succeeded = false
    /// Of a notification: what CRIU is about to do, or has done.
    var script = ""
    /// Of a notification, or of a restore: the container's first process as the host sees it.
    var pid: Int32 = 0
    /// The errno of CRIU's first failure, or 0.
    var errno: Int32 = 0
    /// CRIU's first words about it; older ones have none.
    var message = ""
    /// 40201 for 4.2.1; a version between releases counts as the next.
    var version = 0
    var tracksMemory = false
    var fetchesPages = false

    /// - Throws: `ProtobufError` where the bytes are no message.
    init(_ bytes: [UInt8]) throws(ProtobufError) {
        var reader = MessageReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = field.int32.flatMap { CriuRequest.Kind(rawValue: UInt64(UInt32(bitPattern: $0))) }
            case 2: succeeded = field.bool ?? false
            case 4: try readRestored(field.message)
            case 5: try readNotification(field.message)
            case 7: errno = field.int32.map { $0 < 0 ? 0 &- $0 : $0 } ?? 0
            case 8: try readFeatures(field.message)
            case 9: message = field.string ?? ""
            case 10: try readVersion(field.message)
            default: continue
            }
        }
    }

    private mutating func readRestored(_ message: MessageReader?) throws(ProtobufError) {
        guard var reader = message else { return }
        while let field = try reader.next() { if field.number == 1 { pid = field.int32 ?? 0 } }
    }

    private mutating func readNotification(_ message: MessageReader?) throws(ProtobufError) {
        guard var reader = message else { return }
        while let field = try reader.next() {
            if field.number == 1 { script = field.string ?? "" }
            if field.number == 2 { pid = field.int32 ?? 0 }
        }
    }

    private mutating func readFeatures(_ message: MessageReader?) throws(ProtobufError) {
        guard var reader = message else { return }
        while let field = try reader.next() {
            if field.number == 1 { tracksMemory = field.bool ?? false }
            if field.number == 2 { fetchesPages = field.bool ?? false }
        }
    }

    private mutating func readVersion(_ message: MessageReader?) throws(ProtobufError) {
        guard var reader = message else { return }
        var (major, minor, last) = (0, 0, 0)
        var isBetweenReleases = false
        while let field = try reader.next() {
            switch field.number {
            case 1: major = Int(field.int32 ?? 0)
            case 2: minor = Int(field.int32 ?? 0)
            case 3: isBetweenReleases = true
            case 4: last = Int(field.int32 ?? 0)
            default: continue
            }
        }
        version = isBetweenReleases ? major * 10000 + (minor + 1) * 100 : major * 10000 + minor * 100 + last
    }
}
