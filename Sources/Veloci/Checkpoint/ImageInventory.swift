internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import Protobuf

/// What CRIU's images say of themselves (`images/inventory.proto`).
enum ImageInventory {
    private static let file = "inventory.img"
    /// Two magic numbers, and the size of the message, in four bytes each.
    private static let headSize = 12
    /// `inventory_entry.lsmtype`.
    private static let moduleField: UInt32 = 6

    /// Whose labels they have; nil when nobody can read it. The images may be anybody's, or not be there.
    static func module(in images: String) -> ImageModule? {
        guard let directory = try? Files.open(images, flags: [.path, .directory]),
            let opened = try? Files.open(file, flags: [.nonBlocking, .noFollow], at: directory.number),
            let bytes = try? Files.read(opened, name: file, limit: 1 << 16)
        else { return nil }
        return module(bytes)
    }

    static func module(_ bytes: [UInt8]) -> ImageModule? {
        guard bytes.count > headSize else { return nil }
        let size = bytes[8..<headSize].reversed().reduce(0) { $0 << 8 | Int($1) }
        var reader = MessageReader(bytes[headSize...].prefix(size))
        var module: ImageModule? = .unlabelled
        do throws(ProtobufError) {
            while let field = try reader.next() {
                guard field.number == moduleField, let number = field.int32 else { continue }
                module = ImageModule(rawValue: number)
            }
            return module
        } catch {
            return nil
        }
    }
}
