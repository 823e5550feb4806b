/// An https address taken apart: only what can be compared and sent without doubt is taken.
package struct Address: Sendable {
    /// `https://host[:port]`, lower-case.
    package let origin: String
    package let host: String
    package let path: String
    package let query: String?

    package init?(_ text: String) {
        let scheme = "https://"
        guard text.lowercased().hasPrefix(scheme), text.utf8.count <= 2048,
            text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authorityEnd = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<authorityEnd].lowercased()
        guard !rest.contains("#"), !authority.contains("@"), Address.isHostAndPort(authority) else { return nil }
        let target = rest[authorityEnd...]
        let queryStart = target.firstIndex(of: "?")
        origin = scheme + authority
        host = Address.host(of: authority)
        path = String(target[..<(queryStart ?? target.endIndex)])
        query = queryStart.map { String(target[target.index(after: $0)...]) }
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
        return String(authority.prefix { $0 != ":" })
    }

    private static func isHostAndPort(_ authority: String) -> Bool {
        let host = host(of: authority)
        let rest = authority.dropFirst(host.count)
        if !rest.isEmpty {
            let digits = rest.dropFirst()
            guard rest.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
                (1...65535).contains(port)
            else { return false }
        }
        if host.hasPrefix("[") {
            return host.hasSuffix("]") && host.count > 3
                && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        guard let first = host.utf8.first, first.isASCIILetterOrDigit else { return false }
        return host.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }
    }
}
