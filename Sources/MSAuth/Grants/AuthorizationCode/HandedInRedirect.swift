/// What a person or a program hands in of the browser's way back: the whole address, its query, the form, or one bare word.
enum HandedInRedirect {
    case parameters(Parameters)
    case bare(Secret)

    /// An address must be the one that was sent: by scheme, host, port and path.
    init(_ redirect: Secret, to redirectURI: String) throws(MSAuthError) {
        guard redirect.count <= 65536 else { throw HandedInRedirect.unreadable }
        var text = redirect.text()
        if let (uri, query) = RedirectURI.parts(text) {
            guard uri == RedirectURI(redirectURI) else {
                throw MSAuthError(
                    .untrusted,
                    "The redirect went to another address than this sign-in's \"redirect_uri\", \(redirectURI).")
            }
            text = query
        } else if text.hasPrefix("?") {
            text.removeFirst()
        } else if !text.utf8.contains(where: { "=&?#:/% ".utf8.contains($0) }) {
            self = .bare(redirect)
            return
        }
        guard let parameters = Parameters(text.utf8) else { throw HandedInRedirect.unreadable }
        self = .parameters(parameters)
    }

    private static let unreadable = MSAuthError(
        .untrusted, "The redirect cannot be read: a parameter stands in it twice, or is not encoded as a form.",
        hint: "Hand in the whole address that the browser came back to, without a change.")
}

extension Parameters {
    /// Before anything else is believed, an error included: anybody can send a browser anywhere.
    func check(
        state: Secret, issuer: String, isIssuer: (Address) -> Bool
    ) throws(MSAuthError) {
        guard let found = self["state"], found.matches(state) else {
            throw MSAuthError(
                .untrusted, "The redirect does not belong to this sign-in: its \"state\" is another or missing.",
                hint: "Use the address that this sign-in gave, and what the browser came back with from there.")
        }
        // RFC 9207 section 2.4.
        if let text = text("iss") {
            guard let address = Address(text), isIssuer(address) else {
                throw MSAuthError(.untrusted, "The redirect comes from another issuer than \(issuer).")
            }
        }
    }
}
