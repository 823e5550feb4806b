/// The parameters of a query or a form: application/x-www-form-urlencoded, each name once.
struct Parameters {
    private var values: [String: Secret] = [:]

    /// Nil for what cannot be read without doubt: a name twice (RFC 6749 section 3.1), a broken escape, no UTF-8.
    init?(_ text: some Collection<UInt8>) {
        guard text.count <= 65536 else { return nil }
        let pairs = text.split(separator: UInt8(ascii: "&"))
        guard pairs.count <= 64 else { return nil }
        for pair in pairs {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let name = Parameters.decode(pair[..<(equals ?? pair.endIndex)]), name.isText(),
                let value = Parameters.decode(pair[(equals.map { pair.index(after: $0) } ?? pair.endIndex)...]),
                value.isText(), values.updateValue(value, forKey: name.text()) == nil
            else { return nil }
        }
    }

    subscript(_ name: String) -> Secret? { values[name] }

    func text(_ name: String) -> String? { values[name]?.text() }

    private static func decode(_ bytes: some Collection<UInt8>) -> Secret? {
        var text = SecretText(capacity: bytes.count + 1)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"): text.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexDigit), let low = rest.next().flatMap(hexDigit) else {
                    return nil
                }
                text.append(high << 4 | low)
            default: text.append(byte)
            }
        }
        return text.finish()
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
