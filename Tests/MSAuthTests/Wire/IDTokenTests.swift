import Testing

@testable import MSAuth

@Suite struct IDTokenTests {
    private let identity = try! ClientIdentity(
        Settings(call: Fixture.options([.clientID: "app", .tenant: "t"]), client: Options()), .deviceCode)

    private func token(_ claims: String) throws -> IDToken { try IDToken("e30.\(Answers.encode(claims)).c2ln") }

    private func verdict(_ claims: String) -> Status? {
        status { try token(claims).validate(identity, now: 1000) }
    }

    private let good =
        "{\"aud\":\"app\",\"exp\":1000,\"iss\":\"https://login.microsoftonline.com/t/v2.0\",\"tid\":\"t\",\"sub\":\"s\"}"

    @Test("accepts one for this application from this issuer, up to two minutes late")
    func accepted() {
        #expect(verdict(good) == nil)
        #expect(verdict(good.replacing("\"app\"", with: "[\"app\",\"b\"]")) == nil)
    }

    @Test(
        "refuses another audience, issuer or tenant, and one that has expired",
        arguments: [
            ("\"app\"", "\"other\""), ("\"app\"", "5"), ("1000", "879"), ("1000", "\"x\""),
            ("login.microsoftonline.com", "evil.example"),
            ("https://login", "http://login"), ("\"tid\":\"t\"", "\"tid\":\"u\""),
        ])
    func refused(_ part: String, _ replacement: String) {
        #expect(verdict(good.replacing(part, with: replacement)) == .untrusted)
    }

    @Test("refuses what is not a JWT", arguments: ["", "a", "a.b", "a.!.c", "e30.e30", "e30.W10.x", "a.b.c.d"])
    func unreadable(_ text: String) { #expect(status { _ = try IDToken(text) } == .untrusted) }

    @Test("a B2C user is known by the addresses that the policy gives")
    func emails() throws {
        let token = try token("{\"sub\":\"s\",\"emails\":[\"Alice@contoso.com\",5,\"a@b.c\"]}")
        #expect(token.isAbout("alice@contoso.com") && token.isAbout("a@b.c"))
        #expect(!token.isAbout("bob@contoso.com"))
        var response = try TokenResponse(HTTPResponse(status: 200, body: Secret(Answers.token())))
        response.idToken = token
        #expect(Account(response, authority: "a")?.username == "Alice@contoso.com")
    }
}
