/// The challenges of a `WWW-Authenticate` header, RFC 9110 section 11.6.1.
///
/// Services are not exact: Storage puts spaces where commas belong and leaves addresses without quotes, SharePoint's values
/// hold commas. What can be understood is taken; the rest is skipped, never guessed.
struct Challenge: Equatable {
    let scheme: String
    /// By their names in lower case; of two with one name the first counts.
    private(set) var parameters: [String: String] = [:]

    private static let limit = 16384

    /// In the header's order.
    static func all(in header: String) -> [Challenge] {
        var challenges: [Challenge] = []
        var reader = Reader(header.utf8.prefix(limit))
        while let word = reader.word() {
            if reader.takesEquals() {
                let value = reader.value()
                guard var last = challenges.popLast() else { continue }
                let name = word.lowercased()
                if last.parameters[name] == nil { last.parameters[name] = ServerText.clean(value) }
                challenges.append(last)
            } else if reader.begins {
                challenges.append(Challenge(scheme: word))
            }
        }
        return challenges
    }

    static func bearer(in header: String) -> [Challenge] {
        all(in: header).filter { $0.scheme.lowercased() == "bearer" }
    }

    private init(scheme: String) { self.scheme = scheme }

    private struct Reader {
        private let bytes: [UInt8]
        private var index = 0
        /// Whether the last word stood where a scheme may: at the beginning, after a comma, or before a blank.
        private(set) var begins = true

        init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

        private var next: UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

        /// What is no blank, comma, quote or equals sign.
        mutating func word() -> String? {
            while let byte = next, Reader.isSeparator(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\"") { _ = quoted() } else { index += 1 }
            }
            let start = index
            while let byte = next, !Reader.isSeparator(byte), byte != UInt8(ascii: "="), byte != UInt8(ascii: "\"") {
                index += 1
            }
            begins = next.map(Reader.isSeparator) ?? true
            return start == index ? nil : String(decoding: bytes[start..<index], as: UTF8.self)
        }

        /// Blanks around the sign are bad form, and taken: RFC 9110 section 5.6.6.
        mutating func takesEquals() -> Bool {
            var ahead = index
            while bytes.indices.contains(ahead), Reader.isBlank(bytes[ahead]) { ahead += 1 }
            guard bytes.indices.contains(ahead), bytes[ahead] == UInt8(ascii: "=") else { return false }
            index = ahead + 1
            while let byte = next, Reader.isBlank(byte) { index += 1 }
            return true
        }

        mutating func value() -> String {
            if next == UInt8(ascii: "\"") { return quoted() }
            let start = index
            while let byte = next, !Reader.isSeparator(byte) { index += 1 }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }

        /// RFC 9110 section 5.6.4; one that does not end ends with the header.
        private mutating func quoted() -> String {
            index += 1
            var text: [UInt8] = []
            while let byte = next, byte != UInt8(ascii: "\"") {
                index += 1
                guard byte == UInt8(ascii: "\\"), let escaped = next else {
                    text.append(byte)
                    continue
                }
                text.append(escaped)
                index += 1
            }
            index += 1
            return String(decoding: text, as: UTF8.self)
        }

        private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        private static func isSeparator(_ byte: UInt8) -> Bool { isBlank(byte) || byte == UInt8(ascii: ",") }
    }
}
