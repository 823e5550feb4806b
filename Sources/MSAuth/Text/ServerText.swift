/// Text that came from outside, made fit for a person's terminal and for a log.
package enum ServerText {
    /// Removes control characters and what turns the direction of writing, puts all on one line, and cuts at 2 KiB.
    ///
    /// C0, C1 and DEL move a terminal's cursor; bidi controls make a host name read backwards.
    package static func clean(_ text: String, limit: Int = 2048) -> String {
        var cleaned = ""
        var lastWasSpace = true
        for scalar in text.unicodeScalars {
            if cleaned.utf8.count >= limit { break }
            switch scalar.value {
            case 0x00...0x20, 0x7F...0xA0, 0x2028, 0x2029:
                if !lastWasSpace { cleaned.append(" ") }
                lastWasSpace = true
            case 0x061C, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF:
                continue
            default:
                cleaned.unicodeScalars.append(scalar)
                lastWasSpace = false
            }
        }
        if cleaned.last == " " { cleaned.removeLast() }
        return cleaned
    }

    /// libcurl repeats the address of a proxy, with its password.
    package static func withoutUserinfo(_ text: String) -> String {
        let words = clean(text, limit: 256).split(separator: " ").map { (word) -> String in
            guard let slashes = word.firstRange(of: "//"), let at = word.lastIndex(of: "@"), slashes.upperBound <= at
            else {
                return String(word)
            }
            return String(word[..<slashes.upperBound]) + String(word[word.index(after: at)...])
        }
        return words.joined(separator: " ")
    }

    /// Replaces every secret of a request: a service may repeat what it was sent.
    static func redact(_ text: String, _ secrets: [Secret]) -> String {
        // Longer than anything that is shown: a hostile service must not keep a thread busy.
        var bytes = Array(text.utf8.prefix(1 << 16))
        for secret in secrets where secret.count >= 4 {
            guard let first = secret.first else { continue }
            var cleaned: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if bytes[index] == first, bytes[index...].starts(with: secret) {
                    cleaned += Array("[redacted]".utf8)
                    index += secret.count
                } else {
                    cleaned.append(bytes[index])
                    index += 1
                }
            }
            bytes = cleaned
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// The text in quotes, cleaned and cut short, for a message that names what was wrong.
    package var quotedForMessage: String { "\"\(ServerText.clean(self, limit: 64))\"" }

    /// What was probably meant: the word that differs in no more than a third of its letters.
    package func nearest(in words: [String]) -> String? {
        let near = words.map { (word: $0, distance: editDistance(to: $0)) }.filter { $0.distance * 3 <= max(count, 3) }
        return near.min { $0.distance < $1.distance }?.word
    }

    /// How many letters must be changed, added or taken away to make `other` of it.
    private func editDistance(to other: String) -> Int {
        let mine = Array(utf8.prefix(64))
        let theirs = Array(other.utf8.prefix(64))
        var previous = Array(0...theirs.count)
        for (row, byte) in mine.enumerated() {
            var current = [row + 1]
            for (column, their) in theirs.enumerated() {
                let change = previous[column] + (byte == their ? 0 : 1)
                current.append(Swift.min(change, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[theirs.count]
    }
}
