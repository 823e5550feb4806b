/// Where the browser comes back to, taken apart so that two of them can be compared without doubt.
package struct RedirectURI: Equatable, Sendable {
    package let scheme: String
    package let host: String
    /// Nil where the address names none.
    package let port: Int?
    /// `/` where the address has none.
    package let path: String

    /// An address as it is registered: without a fragment, and over http on this machine alone.
    package init?(_ text: String) {
        guard !text.contains("#"), let parts = RedirectURI.parts(text) else { return nil }
        self = parts.uri
        if scheme == "http", LoopbackHost(rawValue: host) == nil { return nil }
    }

    /// An address that a browser came back to, and its query. What stands behind a `#` says nothing here.
    static func parts(_ text: String) -> (uri: RedirectURI, query: String)? {
        guard text.utf8.count <= 65536,
            text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }),
            let end = text.firstRange(of: "://")
        else { return nil }
        let scheme = text[..<end.lowerBound].lowercased()
        guard scheme.utf8.first?.isASCIILetter == true,
            scheme.utf8.allSatisfy({ $0.isASCIILetterOrDigit || "+-.".utf8.contains($0) })
        else { return nil }
        let rest = text[end.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }.lowercased()
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        guard let (host, port) = hostAndPort(authority) else { return nil }
        return (
            RedirectURI(scheme: scheme, host: host, port: port, path: path.isEmpty ? "/" : String(path)),
            String(target.dropFirst(path.count).dropFirst())
        )
    }

    private init(scheme: String, host: String, port: Int?, path: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// The same port, said or meant.
    package static func == (left: RedirectURI, right: RedirectURI) -> Bool {
        left.scheme == right.scheme && left.host == right.host && left.path == right.path
            && left.actualPort == right.actualPort
    }

    private var actualPort: Int? { port ?? ["https": 443, "http": 80][scheme] }

    /// Refuses userinfo: it makes one host look like another.
    private static func hostAndPort(_ authority: String) -> (String, Int?)? {
        let host: String
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = String(authority[...end])
            guard host.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                return nil
            }
        } else {
            host = String(authority.prefix { $0 != ":" })
            guard !host.isEmpty, host.utf8.allSatisfy({ $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }) else {
                return nil
            }
        }
        let rest = authority.dropFirst(host.count)
        if rest.isEmpty { return (host, nil) }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(rest.dropFirst()), (1...65535).contains(port)
        else { return nil }
        return (host, port)
    }
}

/// The names of this machine that nothing outside can reach.
package enum LoopbackHost: String, CaseIterable, Sendable {
    case localhost
    case ipv4 = "127.0.0.1"
    case ipv6 = "[::1]"
}

extension UInt8 {
    fileprivate var isASCIILetter: Bool { isASCIILetterOrDigit && !(0x30...0x39).contains(self) }
}
