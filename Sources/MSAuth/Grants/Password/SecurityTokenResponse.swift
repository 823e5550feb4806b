/// The answer of a federation server to a request for a token (RequestSecurityTokenResponse), or its fault.
struct SecurityTokenResponse {
    /// The element that has the token in it, which nobody else looks into.
    static let sealed = "RequestedSecurityToken"

    private let document: Secret
    private let root: XMLElement

    init(_ document: Secret, _ xml: any XMLReader) throws(MSAuthError) {
        self.document = document
        root = try xml.read(document, sealing: SecurityTokenResponse.sealed)
    }

    /// SAML 1.1 before 2.0 where there are both, as Microsoft's own libraries prefer it.
    func assertion() throws(MSAuthError) -> SAMLAssertion {
        let responses = TrustVersion.allCases.flatMap { version in
            root.descendants(XMLName(version.namespace, "RequestSecurityTokenResponse")).map { (version, $0) }
        }
        var unknown: String?
        var found: [SAMLAssertion] = []
        for (version, response) in responses {
            guard let type = response.child(version.namespace, "TokenType")?.trimmedText,
                let token = response.child(version.namespace, SecurityTokenResponse.sealed),
                let bytes = trimmed(token.content)
            else { continue }
            if let kind = SAMLAssertion.Version(tokenType: type) {
                found.append(SAMLAssertion(bytes: bytes, version: kind))
            } else {
                unknown = type
            }
        }
        if let assertion = found.first(where: { $0.version == .saml11 }) ?? found.first { return assertion }
        throw MSAuthError(
            .untrusted,
            unknown.map {
                "The federation server issued a token of the type \($0.quotedForMessage), which is not SAML."
            }
                ?? "The federation server's answer has no token.")
    }

    /// What it says of its refusal; nil where it is none.
    var fault: TrustFault? {
        root.child(Namespace.soap, "Body")?.child(Namespace.soap, "Fault").map { TrustFault($0) }
    }

    /// Without the spaces around; nil where nothing is left.
    private func trimmed(_ range: Range<Int>) -> Secret? {
        let content = document[range]
        guard let first = content.firstIndex(where: { !$0.isXMLSpace }),
            let last = content.lastIndex(where: { !$0.isXMLSpace })
        else { return nil }
        return Secret(content[first...last])
    }
}

extension UInt8 {
    fileprivate var isXMLSpace: Bool { [0x20, 0x09, 0x0A, 0x0D].contains(self) }
}
