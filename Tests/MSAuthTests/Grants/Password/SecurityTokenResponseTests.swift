import Testing

@testable import MSAuth

@Suite struct SecurityTokenResponseTests {
    private func response(_ text: String) throws -> SecurityTokenResponse {
        try SecurityTokenResponse(Secret(text), FakeXML())
    }

    @Test("the assertion is cut out byte for byte, without the spaces around", arguments: TrustVersion.allCases)
    func cut(_ version: TrustVersion) throws {
        let assertion = try response(Federation.response(version)).assertion()
        #expect(assertion.bytes.text() == Federation.assertion() && assertion.version == .saml11)
    }

    @Test(
        "each type of token has its grant",
        arguments: [
            ("urn:oasis:names:tc:SAML:1.0:assertion", "urn:ietf:params:oauth:grant-type:saml1_1-bearer"),
            (
                "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1",
                "urn:ietf:params:oauth:grant-type:saml1_1-bearer"
            ),
            ("urn:oasis:names:tc:SAML:2.0:assertion", "urn:ietf:params:oauth:grant-type:saml2-bearer"),
            (
                "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0",
                "urn:ietf:params:oauth:grant-type:saml2-bearer"
            ),
        ])
    func types(_ type: String, _ grant: String) throws {
        #expect(try response(Federation.response(type: type)).assertion().version.grantType == grant)
    }

    @Test("a token of another type, an empty one and none are not trusted")
    func wrong() throws {
        let texts = [
            Federation.response(type: "urn:ietf:params:oauth:token-type:jwt"), Federation.response(token: "  "),
            "<s:Envelope xmlns:s=\"\(Namespace.soap)\"/>",
        ]
        for text in texts {
            let response = try response(text)
            #expect(status { _ = try response.assertion() } == .untrusted)
            #expect(response.fault == nil)
        }
        #expect(status { _ = try response("not XML") } == .untrusted)
    }

    @Test(
        "a fault says whose it is",
        arguments: [
            ("FailedAuthentication", "Sender", Status.badCredential),
            ("FailedAuthentication", "Receiver", .badCredential),
            ("InvalidSecurity", "Sender", .rejected), ("RequestFailed", "Sender", .rejected),
            ("", "Receiver", .service),
            ("InternalServiceFault", "Receiver", .service), ("RequestFailed", "Receiver", .rejected),
        ])
    func faults(_ subcode: String, _ code: String, _ status: Status) throws {
        let text = Federation.fault(subcode.isEmpty ? nil : subcode, code: code, reason: "no: pw-1234\n\u{202E}x")
        let fault = try #require(try response(text).fault)
        let error = fault.error(
            HTTPResponse(status: 500, body: Secret("")), from: "https://adfs.contoso.com", secrets: [Secret("pw-1234")])
        #expect(error.status == status && error.service?.httpStatus == 500)
        #expect(error.service?.errorCode == (subcode.isEmpty ? code : subcode))
        #expect(error.message == "The federation server https://adfs.contoso.com refused: no: [redacted] x")
        #expect(error.hint?.isEmpty == false)
    }

    @Test("a fault without words is told by its code")
    func silent() throws {
        let fault = try #require(try response(Federation.fault(reason: "")).fault)
        let error = fault.error(HTTPResponse(status: 500, body: Secret("")), from: "https://x", secrets: [])
        #expect(error.message.hasSuffix("refused with the fault \"FailedAuthentication\"."))
    }
}
