import Testing

@testable import MSAuth

@Suite struct SecurityTokenRequestTests {
    private func request(_ version: TrustVersion, _ username: String, _ password: String) throws -> MSAuth.XMLElement {
        let address = version == .v13 ? Federation.address13 : Federation.address2005
        let request = SecurityTokenRequest(
            endpoint: try #require(TrustEndpoint(address, version)), audience: "urn:federation:MicrosoftOnline",
            username: username, password: Secret(password), now: 1_700_000_000)
        return try FakeXML().read(request.envelope(messageID: "the-id"), sealing: "-")
    }

    private func find(_ root: MSAuth.XMLElement, _ namespace: String, _ path: String...) throws -> MSAuth.XMLElement {
        var element = root
        for name in path {
            element = try #require(element.children.first { $0.name.local == name }, "\(name) in \(path)")
        }
        #expect(element.name.namespace == namespace)
        return element
    }

    @Test("has the members that Microsoft's libraries send", arguments: TrustVersion.allCases)
    func shape(_ version: TrustVersion) throws {
        let root = try request(version, "alice@contoso.com", "pw")
        #expect(root.name == XMLName(Namespace.soap, "Envelope"))
        let action = try find(root, Namespace.addressing, "Header", "Action")
        #expect(action.text == version.action && action.attributes[XMLName(Namespace.soap, "mustUnderstand")] == "1")
        #expect(try find(root, Namespace.addressing, "Header", "MessageID").text == "urn:uuid:the-id")
        #expect(
            try find(root, Namespace.addressing, "Header", "ReplyTo", "Address").text
                == "http://www.w3.org/2005/08/addressing/anonymous")
        #expect(
            try find(root, Namespace.addressing, "Header", "To").text
                == (version == .v13 ? Federation.address13 : Federation.address2005))
        #expect(
            try find(root, Namespace.utility, "Header", "Security", "Timestamp", "Created").text
                == "2023-11-14T22:13:20Z")
        #expect(
            try find(root, Namespace.utility, "Header", "Security", "Timestamp", "Expires").text
                == "2023-11-14T22:23:20Z")
        #expect(
            try find(root, Namespace.security, "Header", "Security", "UsernameToken", "Username").text
                == "alice@contoso.com")
        #expect(try find(root, Namespace.security, "Header", "Security", "UsernameToken", "Password").text == "pw")
        let body = try find(root, version.namespace, "Body", "RequestSecurityToken")
        #expect(
            try find(body, Namespace.addressing, "AppliesTo", "EndpointReference", "Address").text
                == "urn:federation:MicrosoftOnline")
        #expect(try find(body, version.namespace, "KeyType").text == version.keyType)
        #expect(try find(body, version.namespace, "RequestType").text == version.requestType)
    }

    @Test("says the words of each version")
    func words() {
        #expect(TrustVersion.v13.action == "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue")
        #expect(TrustVersion.v13.requestType == "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue")
        #expect(TrustVersion.v13.keyType == "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer")
        #expect(TrustVersion.v2005.action == "http://schemas.xmlsoap.org/ws/2005/02/trust/RST/Issue")
        #expect(TrustVersion.v2005.requestType == "http://schemas.xmlsoap.org/ws/2005/02/trust/Issue")
        #expect(TrustVersion.v2005.keyType == "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey")
    }

    @Test("names and passwords of any letters arrive as they are")
    func escaping() throws {
        let password = "a&b<c>d\"e'f]]>g&amp;h</wsse:Password>ü€😀 "
        let root = try request(.v13, "o'brien&<sons>@contoso.com", password)
        #expect(
            try find(root, Namespace.security, "Header", "Security", "UsernameToken", "Username").text
                == "o'brien&<sons>@contoso.com")
        #expect(try find(root, Namespace.security, "Header", "Security", "UsernameToken", "Password").text == password)
    }
}
