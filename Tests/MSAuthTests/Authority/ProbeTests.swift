import Testing

@testable import MSAuth

@Suite struct ProbeTests {
    private let fixture = Fixture()

    private func finding(_ url: String, _ header: String?, status: Int = 401) throws -> Probe.Finding {
        try Probe(url).finding(
            in: HTTPResponse(status: status, headers: header.map { ["www-authenticate": $0] } ?? [:], body: Secret("")))
    }

    @Test(
        "the challenge says what a token is made out to",
        arguments: [
            (
                "https://kv.vault.azure.net/secrets",
                "Bearer authorization=\"a\", resource=\"https://vault.azure.net\"", "https://vault.azure.net"
            ),
            (
                "https://s.blob.core.windows.net/c", "Bearer resource_id=https://storage.azure.com",
                "https://storage.azure.com"
            ),
            (
                "https://s.blob.core.windows.net/c", "Bearer resource_id=https://storage.azure.com/",
                "https://storage.azure.com/"
            ),
            (
                "https://org.crm.dynamics.com/api", "Bearer resource_id=https://org.crm.dynamics.com/",
                "https://org.crm.dynamics.com/"
            ),
            (
                "https://api.contoso.com/v1", "Bearer resource=\"https://api.contoso.com/app\"",
                "https://api.contoso.com/app"
            ),
            (
                "https://dev.azure.com/contoso", "Bearer resource_id=499b84ac-1321-427f-aa17-267ca6975798",
                "499b84ac-1321-427f-aa17-267ca6975798"
            ),
            // A challenge that names nothing, or nothing that is a resource, leaves it to the address.
            (
                "https://contoso.sharepoint.com/sites/it", "Bearer realm=\"t\",client_id=\"c\"",
                "https://contoso.sharepoint.com"
            ),
            ("https://r.azurecr.io/v2/", "Bearer service=r, scope=\"registry:catalog:*\"", "https://r.azurecr.io"),
            ("https://h.example/", "Basic realm=\"x\"", "https://h.example"),
            ("https://h.example/", nil, "https://h.example"),
        ] as [(String, String?, String)])
    func resources(_ url: String, _ header: String?, _ resource: String) throws {
        #expect(try finding(url, header) == Probe.Finding(option: .resource, value: resource))
    }

    @Test("scopes are taken as they are, when they are the host's own")
    func scopes() throws {
        let scopes = "https://api.contoso.com/read https://api.contoso.com/write"
        #expect(
            try finding("https://api.contoso.com/v1", "Bearer scope=\"\(scopes)\"")
                == Probe.Finding(option: .scopes, value: scopes))
        #expect(
            status {
                _ = try finding(
                    "https://api.contoso.com/v1", "Bearer scope=\"\(scopes) https://graph.microsoft.com/x\"")
            }
                == .untrusted)
    }

    @Test(
        "an answer that asks for somebody else's token is refused",
        arguments: [
            ("https://evil.example/", "https://graph.microsoft.com"), ("https://evil.azure.net/", "https://azure.net"),
            ("https://x.contoso.com/", "https://contoso.com"),
            ("https://kv.vault.azure.net/", "https://vault.azure.net:8443"),
            ("https://kv.vault.azure.net/", "https://vault.azure.net.evil.example"),
            ("https://evil.example/", "00000003-0000"),
            ("https://evil.example/", "https://evil.example:444/"),
            ("https://vault.azure.net.evil.example/", "https://vault.azure.net"),
        ])
    func foreign(_ url: String, _ resource: String) throws {
        let error = #expect(throws: MSAuthError.self) { try finding(url, "Bearer resource=\"\(resource)\"") }
        #expect(error?.status == .untrusted)
        #expect(error?.hint?.contains("\"resource\"") == true)
    }

    @Test("an answer that is no 401 leaves it to the address", arguments: [200, 302, 403, 404])
    func answered(_ status: Int) throws {
        let found = try finding(
            "https://kv.vault.azure.net/", "Bearer resource=\"https://evil.example\"", status: status)
        #expect(found.value == "https://vault.azure.net")
    }

    @Test("the address is asked once by a client, without a token, and what it says is kept instead of it")
    func once() throws {
        fixture.transport.expect(
            401, "", headers: ["www-authenticate": "Bearer resource=\"https://api.contoso.com/app\""])
        fixture.transport.expect(Answers.token())
        let client = try fixture.client()
        var options = try Fixture.secretOptions
        try options.set(.url, "https://api.contoso.com/v1")
        try options.set(.probe, "true")
        _ = try client.connect(ConnectionName("work"), options, client.run(options))
        let probe = fixture.transport.requests[0]
        #expect(probe.method == "GET")
        #expect(probe.url == "https://api.contoso.com/v1")
        #expect(probe.headers.contains { $0 == ("Authorization", "Bearer") })
        #expect(fixture.transport.form(1)["scope"] == "https://api.contoso.com/app/.default")
        let kept = try #require(try fixture.store.record("work")).settings
        #expect(kept[.resource] == "https://api.contoso.com/app")
        #expect(kept[.url] == nil && kept[.probe] == nil)

        let again = try Fixture.options([.url: "https://api.contoso.com/v1", .probe: "true"])
        #expect(client.heldToken(try ConnectionName("work"), again)?.token.accessToken.text() == "access.token.1")
        _ = try client.acquire(ConnectionName("work"), again, client.run(again))
        #expect(fixture.transport.requests.count == 2)
    }

    @Test("acquire asks by itself, and what is held is not handed out before")
    func acquires() throws {
        fixture.transport.expect(Answers.token())
        let client = try fixture.client()
        let options = try Fixture.secretOptions
        _ = try client.connect(nil, options, client.run(options))
        let probing = try Fixture.options([.url: "https://graph.microsoft.com/v1.0", .probe: "true"])
        #expect(client.heldToken(nil, probing) == nil)
        fixture.transport.expect(401, "")
        #expect(try client.acquire(nil, probing, client.run(probing)).source == .held)
    }

    @Test("a probe without an address, or beside another way to say it, is a mistake")
    func mistakes() throws {
        let client = try fixture.client()
        let alone = try Fixture.options([.probe: "true"])
        let error = #expect(throws: MSAuthError.self) { try client.acquire(nil, alone, client.run(alone)) }
        #expect(error?.message.contains("\"url\"") == true)
        #expect(client.heldToken(nil, alone) == nil)
        fixture.transport.expect(401, "")
        var both = try Fixture.secretOptions
        for (name, value) in [(OptionName.probe, "true"), (.url, "https://h.example"), (.service, "graph")] {
            try both.set(name, value)
        }
        #expect(status { _ = try client.connect(nil, both, client.run(both)) } == .invalidArgument)
    }

    @Test("an address's query, which may be a signature, is in no log")
    func log() throws {
        fixture.transport.expect(401, "")
        fixture.transport.expect(Answers.token())
        var options = try Fixture.secretOptions
        try options.set(.url, "https://s.blob.core.windows.net/c?sig=hush")
        try options.set(.probe, "true")
        _ = try fixture.connect(options)
        #expect(!fixture.log.lines.all.isEmpty)
        #expect(!fixture.log.lines.all.contains { $0.contains("hush") })
    }
}
