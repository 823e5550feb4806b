internal import MSAuth

/// The proxy that a request goes through: the option's, else the one of the variables that curl knows.
///
/// It is chosen here and not in libcurl, so that an error can name it, and so that exceptions mean the same with every
/// release of libcurl.
struct Proxy: Equatable {
    /// With the user and the password.
    let address: String
    /// Without them.
    let name: String
    /// Who named it.
    let source: String

    var isTLS: Bool { address.hasPrefix("https://") }
    var isSOCKS: Bool { address.hasPrefix("socks") }

    private static let schemes = ["http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"]

    /// Nil when the request goes to its host directly.
    static func choose(
        for url: String, option: String?, exceptions: String?, variable: (String) -> String?
    ) throws(MSAuthError) -> Proxy? {
        if option?.isEmpty == true { return nil }
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        let name = names.first { variable($0) != nil }
        guard let text = option ?? name.flatMap(variable) else { return nil }
        let list = exceptions ?? variable("no_proxy") ?? variable("NO_PROXY") ?? ""
        if let address = Address(url), NoProxy(list).contains(address) { return nil }
        return try Proxy(text, option == nil ? "the variable \(name ?? "")" : "the option \"proxy\"")
    }

    /// The text is never shown: whatever is wrong with it, a password may be in it.
    init(_ text: String, _ source: String) throws(MSAuthError) {
        let parts = text.firstRange(of: "://").map { (text[..<$0.lowerBound], text[$0.upperBound...]) }
        let (scheme, rest) = parts.map { ($0.lowercased(), String($1)) } ?? ("http", text)
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        // With %00 to %1F some releases of libcurl would leave the proxy out without a word.
        let isPlain = authority.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy {
            $0.first != "0" && $0.first != "1"
        }
        guard Proxy.schemes.contains(scheme), isPlain, !host.isEmpty, !rest.dropFirst(authority.count).contains("@"),
            text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") })
        else {
            throw .invalidArgument(
                "What \(source) says is no address of a proxy: it takes http, https, socks5, socks5h, socks4 or socks4a "
                    + "as in http://host:3128, or http://user:password@host:3128 with signs such as @ and / as %40 and %2F."
            )
        }
        // A password with an @ that is written as it is: libcurl takes the first one for its end.
        let before = authority.dropLast(host.count).dropLast().replacing("@", with: "%40")
        address = "\(scheme)://" + (authority.count > host.count ? "\(before)@" : "") + host
        name = "\(scheme)://\(host)"
        self.source = source
    }
}
