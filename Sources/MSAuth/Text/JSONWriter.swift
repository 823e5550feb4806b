/// Writes JSON into memory that is wiped: records, tokens, errors, the list, the description.
///
/// Reading is Foundation's affair; its encoder would leave copies of every secret in buffers that are not ours.
package struct JSONWriter: ~Copyable {
    private var text: SecretText
    private var needsComma = false

    package init(capacity: Int = 1024) {
        text = SecretText(capacity: capacity)
    }

    package consuming func finish() -> Secret { text.finish() }

    package mutating func object(_ key: String? = nil, _ members: (inout JSONWriter) -> Void) {
        nest(key, UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    package mutating func array(_ key: String? = nil, _ elements: (inout JSONWriter) -> Void) {
        nest(key, UInt8(ascii: "["), UInt8(ascii: "]"), elements)
    }

    package mutating func string(_ key: String? = nil, _ value: String) {
        begin(key)
        quote(value.utf8)
    }

    package mutating func string(_ key: String? = nil, _ value: Secret) {
        begin(key)
        quote(value)
    }

    package mutating func number(_ key: String? = nil, _ value: Int) {
        begin(key)
        text.append(String(value))
    }

    package mutating func flag(_ key: String? = nil, _ value: Bool) {
        begin(key)
        text.append(value ? "true" : "false")
    }

    package mutating func value(_ key: String? = nil, _ value: JSON) {
        switch value {
        case .null:
            begin(key)
            text.append("null")
        case .flag(let flag): self.flag(key, flag)
        case .integer(let number): self.number(key, number)
        case .fraction(let number):
            begin(key)
            text.append(String(number))
        case .string(let string): self.string(key, string)
        case .array(let elements):
            array(key) { writer in
                for element in elements { writer.value(nil, element) }
            }
        case .object(let members):
            object(key) { writer in
                for (name, member) in members.sorted(by: { $0.key < $1.key }) { writer.value(name, member) }
            }
        }
    }

    /// Members with a nil value are left out.
    package mutating func string(_ key: String, ifAny value: String?) {
        if let value { string(key, value) }
    }

    package mutating func string(_ key: String, ifAny value: Secret?) {
        if let value { string(key, value) }
    }

    package mutating func number(_ key: String, ifAny value: Int?) {
        if let value { number(key, value) }
    }

    private mutating func nest(_ key: String?, _ open: UInt8, _ close: UInt8, _ content: (inout JSONWriter) -> Void) {
        begin(key)
        text.append(open)
        needsComma = false
        content(&self)
        text.append(close)
        needsComma = true
    }

    private mutating func begin(_ key: String?) {
        if needsComma { text.append(UInt8(ascii: ",")) }
        needsComma = true
        if let key {
            quote(key.utf8)
            text.append(UInt8(ascii: ":"))
        }
    }

    /// RFC 8259 section 7. The bytes are UTF-8 already.
    private mutating func quote(_ bytes: some Collection<UInt8>) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case UInt8(ascii: "\n"): text.append("\\n")
            case UInt8(ascii: "\r"): text.append("\\r")
            case UInt8(ascii: "\t"): text.append("\\t")
            case 0..<0x20, 0x7F:
                text.append("\\u00")
                text.append(JSONWriter.hex[Int(byte >> 4)])
                text.append(JSONWriter.hex[Int(byte & 15)])
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
