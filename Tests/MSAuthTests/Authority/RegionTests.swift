import Testing

@testable import MSAuth

@Suite struct RegionTests {
    private let fixture = Fixture()

    private func options(_ more: [OptionName: String] = [:]) throws -> Options {
        try Fixture.options(
            [
                .grant: "client_secret", .clientID: Fixture.clientID, .clientSecret: "s3cret-value",
                .tenant: "contoso.com",
            ].merging(more) { $1 })
    }

    private func token(_ options: Options, _ client: Client) throws -> TokenAnswer {
        fixture.transport.expect(Answers.token())
        return try #require(try client.connect(nil, options, client.run(options)))
    }

    private var urls: [String] { fixture.transport.requests.map(\.url) }

    @Test(
        "the region is a part of the host's name, as each cloud has it",
        arguments: [
            ([:], "westeurope.login.microsoft.com"),
            ([.authority: "https://login.windows.net"], "westeurope.login.microsoft.com"),
            ([.cloud: "gcc_high"], "westeurope.login.microsoftonline.us"),
            ([.authority: "https://login.usgovcloudapi.net"], "westeurope.login.microsoftonline.us"),
            ([.authority: "https://login.chinacloudapi.cn"], "westeurope.login.partner.microsoftonline.cn"),
            ([.authority: "https://localhost:8443"], "westeurope.localhost:8443"),
        ] as [([OptionName: String], String)])
    func hosts(_ more: [OptionName: String], _ host: String) throws {
        let options = try options(more.merging([.region: "westeurope"]) { $1 })
        let answer = try token(options, try fixture.client())
        #expect(urls == ["https://\(host)/contoso.com/oauth2/v2.0/token"])
        #expect(answer.key.authority.contains("westeurope") == false)
    }

    @Test("off unless asked for, also where the platform names one")
    func off() throws {
        fixture.machine.set(["REGION_NAME": "westeurope"])
        _ = try token(try options(), try fixture.client())
        #expect(urls == ["https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"])
    }

    @Test("the platform's variable is taken in its own spelling")
    func variable() throws {
        fixture.machine.set(["REGION_NAME": "West Europe"])
        _ = try token(try options([.region: "auto"]), try fixture.client())
        #expect(urls == ["https://westeurope.login.microsoft.com/contoso.com/oauth2/v2.0/token"])
    }

    @Test("IMDS is asked once, for a second at most and past every proxy")
    func imds() throws {
        fixture.transport.expect("{\"location\":\"eastus2\"}")
        let client = try fixture.client()
        let options = try options([.region: "auto"])
        _ = try token(options, client)
        _ = try token(options, client)
        let asked = fixture.transport.requests[0]
        #expect(asked.url == "http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01")
        #expect(asked.headers.contains { $0 == ("Metadata", "true") })
        #expect(asked.isMetadata)
        #expect(asked.timeout == 1)
        #expect(
            urls.dropFirst() == [
                "https://eastus2.login.microsoft.com/contoso.com/oauth2/v2.0/token",
                "https://eastus2.login.microsoft.com/contoso.com/oauth2/v2.0/token",
            ])
    }

    @Test(
        "where nobody knows the region the global service is asked, and IMDS not again",
        arguments: [(200, "{}"), (200, "<html>"), (200, "{\"location\":\"a.evil.example/\"}"), (400, "{}"), (0, "")])
    func unknown(_ code: Int, _ body: String) throws {
        if code == 0 {
            fixture.transport.expect(MSAuthError(.network, "silence"))
        } else {
            fixture.transport.expect(code, body)
        }
        let client = try fixture.client()
        let options = try options([.region: "auto"])
        _ = try token(options, client)
        _ = try token(options, client)
        #expect(urls.count == 3)
        #expect(urls.dropFirst().allSatisfy { $0 == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token" })
    }

    @Test("a caller who gives up is not answered by the global service")
    func cancelled() throws {
        fixture.transport.expect(MSAuthError(.cancelled, "cancelled"))
        let options = try options([.region: "auto"])
        let client = try fixture.client()
        #expect(status { _ = try client.connect(nil, options, client.run(options)) } == .cancelled)
    }

    @Test("only client credentials go there, and only at Entra")
    func others() throws {
        fixture.transport.expect(Answers.device())
        let device = try Fixture.options([
            .grant: "device_code", .clientID: Fixture.clientID, .tenant: "contoso.com", .region: "westeurope",
            .wait: "false",
        ])
        _ = try fixture.connect(device)
        #expect(urls == ["https://login.microsoftonline.com/contoso.com/oauth2/v2.0/devicecode"])
        let adfs = try options([.authority: "https://h/adfs", .scopes: "api", .region: "westeurope"])
        let client = try fixture.client()
        #expect(status { _ = try client.connect(nil, adfs, client.run(adfs)) } == .invalidArgument)
        #expect(urls.count == 1)
    }

    @Test("an assertion's audience stays the global service's")
    func audience() throws {
        fixture.transport.expect(Answers.token())
        fixture.certificates.put("/app.pem", "app")
        let options = try Fixture.options([
            .grant: "certificate", .clientID: Fixture.clientID, .tenant: "contoso.com", .clientCertificate: "/app.pem",
            .region: "westeurope",
        ])
        _ = try fixture.connect(options)
        #expect(urls == ["https://westeurope.login.microsoft.com/contoso.com/oauth2/v2.0/token"])
        let assertion = try #require(fixture.transport.form(0)["client_assertion"])
        let claims = Base64URL.decode(String(assertion.split(separator: ".")[1])).flatMap { JSON($0) }
        #expect(claims?["aud"]?.string == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token")
    }

    @Test(
        "a region's name is nothing but a name",
        arguments: [
            "", "West Europe", "1west", "west-", "west.evil", "west/evil", "w\u{00E9}st",
            String(repeating: "a", count: 64),
        ])
    func names(_ text: String) {
        #expect(Region(text) == nil)
        #expect(status { _ = try Fixture.options([.region: text]) } == .invalidArgument)
    }
}
