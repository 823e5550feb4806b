import Testing

@testable import MSAuth

@Suite struct OpenIDConfigurationTests {
    private let fixture = Fixture()

    private func document(
        _ issuer: String = "https://tid.ciamlogin.com/tid/v2.0", _ host: String = "https://login.contoso.com",
        _ more: String = ""
    ) -> String {
        "{\"issuer\":\"\(issuer)\",\"token_endpoint\":\"\(host)/x/token\",\"authorization_endpoint\":\"\(host)/x/authorize\"\(more)}"
    }

    private func options(_ more: [OptionName: String] = [:]) throws -> Options {
        try Fixture.options(
            [
                .grant: "client_secret", .clientID: Fixture.clientID, .clientSecret: "s3cret-value",
                .authority: "https://login.contoso.com/t/v2.0", .authorityType: "oidc", .scopes: "api/.default",
            ].merging(more) { $1 })
    }

    @Test("an OpenID provider is asked once where its endpoints are")
    func once() throws {
        fixture.transport.expect(document())
        fixture.transport.expect(Answers.token())
        fixture.transport.expect(Answers.token("access.token.2"))
        let client = try fixture.client()
        let options = try options()
        _ = try client.connect(nil, options, client.run(options))
        let again = try Fixture.options([.refresh: "true"])
        _ = try client.acquire(nil, again, client.run(again))
        #expect(fixture.transport.requests.map(\.method) == ["GET", "POST", "POST"])
        #expect(
            fixture.transport.requests.map(\.url) == [
                "https://login.contoso.com/t/v2.0/.well-known/openid-configuration",
                "https://login.contoso.com/x/token",
                "https://login.contoso.com/x/token",
            ])
        #expect(fixture.transport.requests[0].body == nil)
        #expect(!fixture.transport.requests[0].headers.contains { $0.name == "Content-Type" })
    }

    @Test(
        "endpoints on another host, in another cloud, or an issuer of somebody else's are refused before a secret is sent",
        arguments: [
            ("https://login.contoso.com/t", "https://login.microsoftonline.us"),
            ("https://login.contoso.com/t", "https://evil.example"),
            ("https://login.contoso.com/t", "http://login.contoso.com"),
            ("https://evil.example/t", "https://login.contoso.com"),
            ("https://login.microsoftonline.us/t", "https://login.contoso.com"),
        ])
    func elsewhere(_ issuer: String, _ host: String) throws {
        fixture.transport.expect(document(issuer, host))
        let options = try options()
        let client = try fixture.client()
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .untrusted)
        #expect(fixture.transport.requests.count == 1)
    }

    @Test("a device endpoint elsewhere is refused too, and none is told when it is wanted")
    func device() throws {
        let more = ",\"device_authorization_endpoint\":\"https://evil.example/d\""
        fixture.transport.expect(document("https://login.contoso.com/t", "https://login.contoso.com", more))
        let options = try options([.grant: "device_code"])
        let client = try fixture.client()
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .untrusted)
        fixture.transport.expect(document())
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .unsupported)
        // What was discovered is remembered, so another client asks anew.
        let own = more.replacing("evil.example", with: "login.contoso.com")
        fixture.transport.expect(document("https://login.contoso.com/t", "https://login.contoso.com", own))
        fixture.transport.expect(Answers.device())
        let waiting = try self.options([.grant: "device_code", .wait: "false"])
        _ = try fixture.connect(waiting)
        #expect(fixture.transport.requests.last?.url == "https://login.contoso.com/d")
    }

    @Test(
        "what is no configuration is told",
        arguments: [
            (404, "{}", Status.configuration), (503, "", .service), (200, "<html>", .untrusted),
            (200, "{}", .untrusted),
            (200, "{\"issuer\":\"https://login.contoso.com\"}", .untrusted),
            (
                200, "{\"issuer\":\"https://login.contoso.com\",\"token_endpoint\":\"https://login.contoso.com/t\"}",
                .untrusted
            ),
            (200, "{\"issuer\":\"nonsense\"}", .untrusted),
        ])
    func unreadable(_ code: Int, _ body: String, _ expected: Status) throws {
        fixture.transport.expect(code, body)
        let options = try options()
        let client = try fixture.client()
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == expected)
        #expect(fixture.transport.requests.count == 1)
    }

    @Test("its ID tokens name exactly the issuer that it named")
    func issuer() throws {
        var authority = try Authority("https://login.contoso.com/t/v2.0", type: .oidc)
        func answer(_ issuer: String) -> HTTPResponse { HTTPResponse(status: 200, body: Secret(document(issuer))) }
        authority.discovered = try OpenIDConfiguration(answer("https://tid.ciamlogin.com/tid/v2.0"), of: authority)
        #expect(authority.isIssuer(Address("https://tid.ciamlogin.com/tid/v2.0")!, tenant: "other"))
        #expect(!authority.isIssuer(Address("https://tid.ciamlogin.com/tid")!, tenant: "tid"))
        #expect(!authority.isIssuer(Address("https://login.contoso.com/t/v2.0")!, tenant: nil))
        authority.discovered = try OpenIDConfiguration(
            answer("https://login.contoso.com/{tenantid}/v2.0"), of: authority)
        #expect(authority.isIssuer(Address("https://login.contoso.com/tid/v2.0")!, tenant: "tid"))
        #expect(!authority.isIssuer(Address("https://login.contoso.com/tid/v2.0")!, tenant: nil))
        authority.discovered = nil
        #expect(!authority.isIssuer(Address("https://login.contoso.com/t/v2.0")!, tenant: nil))
    }

    @Test("a pending sign-in remembers how its provider calls itself")
    func pending() throws {
        fixture.transport.expect(document())
        let prompts = Collected<Prompt>()
        let client = try fixture.client()
        let options = try options([.grant: "authorization_code", .redirectURI: "https://app.contoso.com/in"])
        _ = try client.connect(ConnectionName("work"), options, fixture.run(options, prompts: prompts))
        let address = prompts.all[0].fields.first { $0.name == "authorization_url" }?.value
        #expect(address?.hasPrefix("https://login.contoso.com/x/authorize?client_id=") == true)
        let request = try #require(try fixture.store.record("work")?.pending?.authorization)
        #expect(request.issuerName == "https://tid.ciamlogin.com/tid/v2.0")
        #expect(request.isIssuer(Address("https://tid.ciamlogin.com/other")!))
        #expect(!request.isIssuer(Address("https://login.contoso.com/t")!))
    }
}
