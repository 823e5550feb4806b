internal import Glibc
internal import MSAuth

/// Hosts that are reached without the proxy: names with all below them, addresses, networks, each with a port or
/// without; or all by `*`.
struct NoProxy {
    private let entries: [Entry]

    init(_ list: String) {
        entries = list.lowercased().split { ", \t".contains($0) }.map { Entry(String($0)) }
    }

    func contains(_ address: Address) -> Bool {
        let rest = address.origin.dropFirst("https://".count + address.host.count + 1)
        let port = Int(rest) ?? 443
        let host = Entry.withoutBrackets(address.host)
        return entries.contains { $0.contains(host, port) }
    }

    private struct Entry {
        private var name: String
        private var port: Int?
        private var bits: Int?
        private var isNothing = false

        init(_ text: String) {
            name = text
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                take(port: text[text.index(after: end)...])
                name = String(text[...end])
            } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
                take(port: text[colon...])
                name = String(text[..<colon])
            } else if let slash = text.firstIndex(of: "/") {
                bits = Int(text[text.index(after: slash)...])
                isNothing = bits == nil
                name = String(text[..<slash])
            }
            name = Entry.withoutBrackets(name)
            // As .example.com, *.example.com and example.com. are written elsewhere for the same.
            if name.hasPrefix("*.") { name.removeFirst() }
            if name.hasPrefix(".") { name.removeFirst() }
            if name.hasSuffix(".") { name.removeLast() }
        }

        private mutating func take(port text: Substring) {
            port = Int(text.dropFirst())
            isNothing = !text.isEmpty && port == nil
        }

        static func withoutBrackets(_ host: String) -> String {
            host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        }

        func contains(_ host: String, _ hostPort: Int) -> Bool {
            guard !isNothing, !name.isEmpty, port == nil || port == hostPort else { return false }
            if name == "*" { return true }
            guard let bytes = Entry.bytes(host) else {
                let host = host.hasSuffix(".") ? String(host.dropLast()) : host
                return bits == nil && (host == name || host.hasSuffix("." + name))
            }
            guard let network = Entry.bytes(name), network.count == bytes.count else { return false }
            let length = bits ?? bytes.count * 8
            guard (0...bytes.count * 8).contains(length) else { return false }
            return zip(network, bytes).enumerated().allSatisfy { index, pair in
                let counted = min(max(length - index * 8, 0), 8)
                let mask = UInt8(truncatingIfNeeded: 0xFF00 >> counted)
                return pair.0 & mask == pair.1 & mask
            }
        }

        /// Of an IPv4 or IPv6 address; nil for a name.
        private static func bytes(_ text: String) -> [UInt8]? {
            for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
                var bytes = [UInt8](repeating: 0, count: count)
                if unsafe inet_pton(family, text, &bytes) == 1 { return bytes }
            }
            return nil
        }
    }
}
