/// RFC 4648 sections 4 and 5, from and into memory that is wiped.
package enum Base64 {
    package enum Alphabet {
        /// With padding.
        case standard
        /// Without.
        case url
    }

    package static func encode(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet, into text: inout SecretText) {
        let digits = alphabet == .url ? urlDigits : standardDigits
        var group: UInt32 = 0
        var bits = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(digits[Int(group >> bits & 63)])
            }
            group &= 63
        }
        if bits > 0 { text.append(digits[Int(group << (6 - bits) & 63)]) }
        guard alphabet == .standard else { return }
        for _ in 0..<(3 - bytes.count % 3) % 3 { text.append(UInt8(ascii: "=")) }
    }

    package static func encode(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet) -> Secret {
        var text = SecretText(capacity: bytes.count * 4 / 3 + 5)
        encode(bytes, alphabet, into: &text)
        return text.finish()
    }

    /// Either alphabet, with or without padding, spaces and newlines anywhere; nil if there is anything else.
    package static func decode(_ text: some Collection<UInt8>) -> Secret? {
        var bytes = SecretText(capacity: text.count * 3 / 4 + 4)
        var group: UInt32 = 0
        var bits = 0
        var isPadded = false
        for character in text where !isSpace(character) {
            if character == UInt8(ascii: "=") {
                isPadded = true
                continue
            }
            guard !isPadded, let digit = digit(character) else { return nil }
            group = group << 6 | digit
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> bits))
            }
            group &= 0xFF
        }
        return bits < 6 ? bytes.finish() : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private static let standardDigits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}
