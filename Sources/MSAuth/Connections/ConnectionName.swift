/// The name of a connection: a letter or digit, then up to 127 letters, digits or `. _ @ + -`.
///
/// Names land in shells, file names and keyring attributes: nothing that means something there is taken.
package struct ConnectionName: Hashable, Sendable {
    package let text: String

    package init(_ text: String) throws(MSAuthError) {
        guard ConnectionName.isName(text) else {
            throw .invalidArgument(
                "The connection name \(text.quotedForMessage) is not taken: it must begin with a letter or digit, and go on "
                    + "with at most 127 letters, digits or . _ @ + - characters.")
        }
        self.text = text
    }

    package static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 128, first.isASCIILetterOrDigit else { return false }
        return bytes.allSatisfy { $0.isASCIILetterOrDigit || "._@+-".utf8.contains($0) }
    }
}

extension UInt8 {
    package var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
