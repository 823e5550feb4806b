/// Base64, RFC 4648 section 4, read as Python's `base64.b64decode` reads it: what is not of the alphabet is skipped, and
/// what stands behind the padding as well. The keys that people copy were made for that reader.
enum LenientBase64 {
    /// Nil when the padding is wrong.
    static func decode(_ text: some Sequence<UInt8>) -> Secret? {
        var bytes = SecretText(capacity: 64)
        var bits: UInt32 = 0
        var position = 0
        var padding = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                guard position >= 2 else { continue }
                padding += 1
                if position + padding >= 4 { return bytes.finish() }
                continue
            }
            guard let value = value(of: byte) else { continue }
            padding = 0
            bits = bits << 6 | UInt32(value)
            switch position {
            case 1: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
            case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
            case 3: bytes.append(UInt8(truncatingIfNeeded: bits))
            default: break
            }
            position = (position + 1) % 4
        }
        return position == 0 ? bytes.finish() : nil
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
