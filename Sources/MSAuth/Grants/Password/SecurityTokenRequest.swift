internal import FoundationEssentials

/// A WS-Trust request for a SAML token that says who a user is, by name and password (RequestSecurityToken).
struct SecurityTokenRequest {
    let endpoint: TrustEndpoint
    /// Whom the token shall be for.
    let audience: String
    let username: String
    let password: Secret
    /// Seconds since 1970.
    let now: Int

    /// How long the server may take it for fresh.
    private static let lifetime = 600

    /// The envelope. The password is written straight into memory that is wiped.
    func envelope(messageID: String) -> Secret {
        let version = endpoint.version
        var text = SecretText(capacity: 4096)
        text.append("<s:Envelope xmlns:s=\"\(Namespace.soap)\" xmlns:wsa=\"\(Namespace.addressing)\"")
        text.append(" xmlns:wsu=\"\(Namespace.utility)\"><s:Header>")
        text.append("<wsa:Action s:mustUnderstand=\"1\">\(version.action)</wsa:Action>")
        text.append("<wsa:MessageID>urn:uuid:\(messageID)</wsa:MessageID>")
        text.append("<wsa:ReplyTo><wsa:Address>\(Namespace.addressing)/anonymous</wsa:Address></wsa:ReplyTo>")
        text.append("<wsa:To s:mustUnderstand=\"1\">")
        text.append(xml: endpoint.address.utf8)
        text.append("</wsa:To><wsse:Security s:mustUnderstand=\"1\" xmlns:wsse=\"\(Namespace.security)\">")
        text.append("<wsu:Timestamp wsu:Id=\"_0\"><wsu:Created>\(SecurityTokenRequest.time(now))</wsu:Created>")
        text.append("<wsu:Expires>\(SecurityTokenRequest.time(now + SecurityTokenRequest.lifetime))</wsu:Expires>")
        text.append("</wsu:Timestamp><wsse:UsernameToken wsu:Id=\"UsernameToken\"><wsse:Username>")
        text.append(xml: username.utf8)
        text.append("</wsse:Username><wsse:Password>")
        text.append(xml: password)
        text.append("</wsse:Password></wsse:UsernameToken></wsse:Security></s:Header><s:Body>")
        text.append("<wst:RequestSecurityToken xmlns:wst=\"\(version.namespace)\">")
        text.append("<wsp:AppliesTo xmlns:wsp=\"\(Namespace.policy)\"><wsa:EndpointReference><wsa:Address>")
        text.append(xml: audience.utf8)
        text.append("</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>")
        text.append("<wst:KeyType>\(version.keyType)</wst:KeyType>")
        text.append("<wst:RequestType>\(version.requestType)</wst:RequestType>")
        text.append("</wst:RequestSecurityToken></s:Body></s:Envelope>")
        return text.finish()
    }

    /// XML Schema's dateTime, in UTC.
    private static func time(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

extension SecretText {
    /// As the text of an element, XML 1.0 section 2.4.
    fileprivate mutating func append(xml bytes: some Collection<UInt8>) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&apos;")
            default: append(byte)
            }
        }
    }
}
