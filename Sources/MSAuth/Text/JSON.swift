internal import FoundationEssentials

/// A JSON value as it was read. Members that nobody knows are kept, so that a rewritten record loses none.
package indirect enum JSON: Sendable, Equatable {
    case null
    case flag(Bool)
    case integer(Int)
    case fraction(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads one document; nil if it is not JSON, or nested deeper or longer than anything we expect.
    package init?(_ text: Secret) {
        guard JSON.isModest(text), text.isText(), let value = try? JSONDecoder().decode(JSON.self, from: Data(text))
        else {
            return nil
        }
        self = value
    }

    package subscript(_ key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var flag: Bool? { if case .flag(let value) = self { value } else { nil } }

    /// A whole number, also one that was written as a string or with a point: Entra's v1 endpoints and managed
    /// identities do so.
    package var integer: Int? {
        switch self {
        case .integer(let value): value
        case .fraction(let value): Int(exactly: value.rounded(.towardZero))
        case .string(let value): Int(value)
        default: nil
        }
    }

    /// The reader's recursion and work are bounded before it begins: a thread of ours has 1 MiB of stack.
    private static func isModest(_ bytes: some Sequence<UInt8>) -> Bool {
        var depth = 0
        var values = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > 32 { return false }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ","):
                values += 1
                if values > 50_000 { return false }
            default: break
            }
        }
        return true
    }
}

extension JSON: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([String: JSON].self) {
            self = .object(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else if let value = try? container.decode(Double.self) {
            self = .fraction(value)
        } else {
            // A number that no type holds, such as 1e400: it says nothing, and must not spoil the rest.
            self = .null
        }
    }
}
