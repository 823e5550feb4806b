import Testing

@testable import MSAuth

@Suite struct InstanceDiscoveryTests {
    private let fixture = Fixture()
    private let known =
        "{\"tenant_discovery_endpoint\":\"https://login.example/t/v2.0/.well-known/openid-configuration\"}"

    private func options(_ authority: String, _ more: [OptionName: String] = [:]) throws -> Options {
        try Fixture.options(
            [
                .grant: "client_secret", .clientID: Fixture.clientID, .clientSecret: "s3cret-value",
                .scopes: "api/.default",
                .authority: authority, .authorityValidation: "discovery",
            ].merging(more) { $1 })
    }

    @Test("a host that is not known is asked after once, and then gets the secret")
    func once() throws {
        fixture.transport.expect(known)
        fixture.transport.expect(Answers.token())
        fixture.transport.expect(Answers.token())
        let client = try fixture.client()
        let options = try options("https://login.example/t")
        _ = try client.connect(nil, options, client.run(options))
        _ = try client.connect(nil, options, client.run(options))
        #expect(fixture.transport.requests.map(\.method) == ["GET", "POST", "POST"])
        #expect(
            fixture.transport.requests[0].url
                == "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint="
                + "https%3A%2F%2Flogin.example%2Ft%2Foauth2%2Fv2.0%2Fauthorize")
    }

    @Test("the cloud that is named is the one that is asked")
    func cloud() throws {
        fixture.transport.expect(known)
        fixture.transport.expect(Answers.token())
        let options = try options("https://login.example/t", [.cloud: "china"])
        _ = try fixture.connect(options)
        #expect(fixture.transport.requests[0].url.hasPrefix("https://login.partner.microsoftonline.cn/common/"))
    }

    @Test("a host that Microsoft does not know gets nothing")
    func unknown() throws {
        let client = try fixture.client()
        let options = try options("https://login.example/t")
        for (code, body) in [(400, Answers.error("invalid_instance", ",\"error_codes\":[50049]")), (200, "{}")] {
            fixture.transport.expect(code, body)
            let error = #expect(throws: MSAuthError.self) { try client.connect(nil, options, client.run(options)) }
            #expect(error?.status == .untrusted)
            #expect(error?.hint?.contains("\"authority_validation\"") == true)
        }
        fixture.transport.expect(503, "")
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .service)
        fixture.transport.expect("<html>")
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .untrusted)
        fixture.transport.expect(MSAuthError(.network, "no network"))
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .network)
        #expect(fixture.transport.requests.allSatisfy { $0.method == "GET" })
    }

    @Test(
        "for a known cloud, and for the kinds that no cloud lists, nobody is asked",
        arguments: [
            "https://login.microsoftonline.com/t", "https://login.windows.net/t",
            "https://login.sovcloud-identity.fr/t",
            "https://login-us.microsoftonline.com/t", "https://c.b2clogin.com/t/p", "https://c.ciamlogin.com",
            "https://h/adfs",
            "https://h/dstsv2/t",
        ])
    func none(_ authority: String) throws {
        fixture.transport.expect(Answers.token())
        let options = try options(authority)
        _ = try fixture.connect(options)
        #expect(fixture.transport.requests.count == 1)
    }

    @Test("unless it is asked for, the host that the caller names is trusted as it is named")
    func trusted() throws {
        fixture.transport.expect(Answers.token())
        let options = try options("https://login.example/t", [.authorityValidation: "none"])
        _ = try fixture.connect(options)
        #expect(fixture.transport.requests.map(\.url) == ["https://login.example/t/oauth2/v2.0/token"])
    }

    @Test("what is remembered is bounded")
    func bounded() throws {
        let whereabouts = Whereabouts()
        let authority = try Authority("https://login.contoso.com", type: .oidc)
        let finding = Probe.Finding(option: .resource, value: "r")
        for number in 0..<1000 {
            whereabouts.validated("host\(number)")
            whereabouts.remember(finding, of: "https://host\(number)")
        }
        #expect(whereabouts.isValidated("host0"))
        whereabouts.validated("one more")
        whereabouts.remember(finding, of: "one more")
        #expect(!whereabouts.isValidated("host0"))
        #expect(whereabouts.isValidated("one more"))
        #expect(whereabouts.finding(of: "https://host0") == nil)
        #expect(whereabouts.finding(of: "one more") == finding)
        let answer = HTTPResponse(
            status: 200,
            body: Secret(
                "{\"issuer\":\"https://h\",\"token_endpoint\":\"https://h/t\",\"authorization_endpoint\":\"https://h/a\"}"
            ))
        let configuration = try OpenIDConfiguration(answer, of: try Authority("https://h", type: .oidc))
        for number in 0...1000 {
            whereabouts.remember(configuration, of: try Authority("https://host\(number)", type: .oidc))
        }
        #expect(whereabouts.configuration(of: try Authority("https://host0", type: .oidc)) == nil)
        #expect(whereabouts.configuration(of: try Authority("https://host1000", type: .oidc)) != nil)
        #expect(whereabouts.configuration(of: authority) == nil)
    }
}
