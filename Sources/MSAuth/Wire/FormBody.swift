/// The fields of a request, in their order: application/x-www-form-urlencoded.
package struct FormBody: Sendable {
    package enum Value: Sendable {
        case plain(String)
        case secret(Secret)
    }

    package private(set) var fields: [(name: String, value: Value)] = []

    package init() {}

    package mutating func add(_ name: String, _ value: String) { fields.append((name, .plain(value))) }
    package mutating func add(_ name: String, _ value: Secret) { fields.append((name, .secret(value))) }
    mutating func add(_ field: (name: String, value: Value)) { fields.append(field) }
    package mutating func add(_ name: String, ifAny value: String?) { if let value { add(name, value) } }

    package var secrets: [Secret] {
        fields.compactMap { if case .secret(let secret) = $0.value { secret } else { nil } }
    }

    package func encoded() -> Secret {
        var text = SecretText(capacity: 4096)
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(UInt8(ascii: "&")) }
            FormBody.encode(field.name.utf8, into: &text)
            text.append(UInt8(ascii: "="))
            switch field.value {
            case .plain(let value): FormBody.encode(value.utf8, into: &text)
            case .secret(let secret): FormBody.encode(secret, into: &text)
            }
        }
        return text.finish()
    }

    private static func encode(_ bytes: some Collection<UInt8>, into text: inout SecretText) {
        for byte in bytes {
            if byte.isASCIILetterOrDigit || "-._~".utf8.contains(byte) {
                text.append(byte)
            } else if byte == UInt8(ascii: " ") {
                text.append(UInt8(ascii: "+"))
            } else {
                text.append(UInt8(ascii: "%"))
                text.append(hex[Int(byte >> 4)])
                text.append(hex[Int(byte & 15)])
            }
        }
    }

    private static let hex = Array("0123456789ABCDEF".utf8)
}
