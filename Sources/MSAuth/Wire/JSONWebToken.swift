/// What a JSON Web Token says of itself, RFC 7519. Nothing of it is verified: only who it was made for can do that.
struct JSONWebToken: Sendable {
    private let claims: [String: JSON]

    /// Nil for a text of another form, such as an encrypted token, which only its resource can read.
    init?(_ text: Secret) {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(String(decoding: parts[1], as: UTF8.self)),
            let claims = JSON(payload)?.object
        else { return nil }
        self.claims = claims
    }

    subscript(_ name: String) -> JSON? { claims[name] }

    /// The first of the claims that is there.
    func text(_ names: String...) -> String? {
        names.lazy.compactMap { claims[$0]?.string }.first.map { ServerText.clean($0, limit: 512) }
    }

    /// Seconds since 1970, in a range in which sums cannot overflow.
    func time(_ name: String) -> Int? {
        claims[name]?.integer.flatMap { (0...1_000_000_000_000).contains($0) ? $0 : nil }
    }
}
