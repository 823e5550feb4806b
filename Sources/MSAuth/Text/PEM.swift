/// The blocks of a PEM text (RFC 7468), each written anew as OpenSSL reads it.
///
/// What forms, variables and other systems do to such a text is undone: CRLF, spaces or the two characters `\n` where
/// newlines were, lines that are indented or too long, words between the blocks.
package struct PEM {
    package struct Block {
        /// Such as "CERTIFICATE" or "RSA PRIVATE KEY".
        package let label: String
        package let text: Secret

        package var isCertificate: Bool { label.hasSuffix("CERTIFICATE") }
        package var isPrivateKey: Bool { label.hasSuffix("PRIVATE KEY") }
    }

    package let blocks: [Block]

    /// Nil where no block begins.
    package init?(_ text: Secret) {
        var blocks: [Block] = []
        var rest = text[...]
        while let begin = rest.firstRange(of: PEM.begin), let label = PEM.label(rest[begin.upperBound...]) {
            let body = rest[label.end...]
            guard let end = body.firstRange(of: PEM.end) else { break }
            if let block = PEM.block(label.name, body[..<end.lowerBound]) { blocks.append(block) }
            rest = body[end.upperBound...]
        }
        if blocks.isEmpty { return nil }
        self.blocks = blocks
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    private static func label(_ text: Slice<Secret>) -> (name: String, end: Int)? {
        guard let end = text.firstRange(of: dashes), (1...64).contains(end.lowerBound - text.startIndex)
        else { return nil }
        return (String(decoding: text[..<end.lowerBound], as: UTF8.self), end.upperBound)
    }

    private static func block(_ label: String, _ body: Slice<Secret>) -> Block? {
        var words = words(body)
        var text = SecretText(capacity: body.count + body.count / 32 + 256)
        text.append("-----BEGIN \(label)-----\n")
        // RFC 1421 section 4.6: how the key is encrypted stands in a header of two lines.
        if words.count > 4, words[0].elementsEqual("Proc-Type:".utf8) {
            for line in [words[0...1], words[2...3]] {
                for word in line {
                    text.append(contentsOf: word)
                    text.append(UInt8(ascii: " "))
                }
                text.append(UInt8(ascii: "\n"))
            }
            text.append(UInt8(ascii: "\n"))
            words.removeFirst(4)
        }
        var column = 0
        for word in words {
            for byte in word {
                guard byte.isASCIILetterOrDigit || "+/=".utf8.contains(byte) else { return nil }
                text.append(byte)
                column += 1
                if column % 64 == 0 { text.append(UInt8(ascii: "\n")) }
            }
        }
        if column % 64 != 0 { text.append(UInt8(ascii: "\n")) }
        text.append("-----END \(label)-----\n")
        return column > 0 ? Block(label: label, text: text.finish()) : nil
    }

    /// What stands between white space, to which the two characters `\n` and `\r` belong.
    private static func words(_ body: Slice<Secret>) -> [Slice<Secret>] {
        var words: [Slice<Secret>] = []
        var start = body.startIndex
        var index = body.startIndex
        func close(at end: Int) { if start < end { words.append(body[start..<end]) } }
        while index < body.endIndex {
            let isEscape =
                body[index] == UInt8(ascii: "\\") && index + 1 < body.endIndex
                && (body[index + 1] == UInt8(ascii: "n") || body[index + 1] == UInt8(ascii: "r"))
            if isEscape || body[index] <= 0x20 {
                close(at: index)
                index += isEscape ? 2 : 1
                start = index
            } else {
                index += 1
            }
        }
        close(at: body.endIndex)
        return words
    }
}
