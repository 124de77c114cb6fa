/// What /proc/self/cgroup says: the caller's group in each hierarchy (cgroups(7)).
///
/// A line is `4:cpu,cpuacct:/group`. There are a dozen, asked for once each: bytes are compared where they lie, which costs less
/// than making a table of texts.
package struct CgroupMemberships {
    private let bytes: [UInt8]
    /// A controller, `name=…`, or empty for version 2, and the group in its hierarchy.
    private var entries: [(controller: Range<Int>, group: Range<Int>)] = []

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        entries.reserveCapacity(16)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                var colons = (Int?.none, Int?.none)
                var end = start
                while end < bytes.count, unsafe bytes[end] != UInt8(ascii: "\n") {
                    if unsafe bytes[end] == UInt8(ascii: ":"), colons.1 == nil {
                        if colons.0 == nil { colons.0 = end } else { colons.1 = end }
                    }
                    end += 1
                }
                if let first = colons.0, let second = colons.1 {
                    unsafe add(bytes, controllers: (first + 1)..<second, group: (second + 1)..<end)
                }
                start = end + 1
            }
        }
    }

    private mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, controllers: Range<Int>, group: Range<Int>) {
        if controllers.isEmpty { return entries.append((controllers, group)) }
        var start = controllers.lowerBound
        for index in controllers.lowerBound...controllers.upperBound
        where unsafe index == controllers.upperBound || bytes[index] == UInt8(ascii: ",") {
            if index > start { entries.append((start..<index, group)) }
            start = index + 1
        }
    }

    /// Whether a hierarchy has the controller.
    func has(_ controller: String) -> Bool { place(of: controller) != nil }

    /// The caller's group in the hierarchy of a controller, of `name=…`, or, for an empty text, of version 2.
    package subscript(controller: String) -> String? {
        place(of: controller).map { String(decoding: bytes[entries[$0].group], as: UTF8.self) }
    }

    private func place(of controller: String) -> Int? {
        var controller = controller
        return controller.withUTF8 { wanted in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                entries.lastIndex { entry in
                    guard entry.controller.count == wanted.count else { return false }
                    for index in 0..<wanted.count where unsafe bytes[entry.controller.lowerBound + index] != wanted[index] {
                        return false
                    }
                    return true
                }
            }
        }
    }
}
