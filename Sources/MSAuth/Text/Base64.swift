internal import FoundationEssentials

/// RFC 4648 section 4, with padding, on one line.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
