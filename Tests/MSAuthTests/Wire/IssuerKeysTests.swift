import Testing

@testable import MSAuth

@Suite struct IssuerKeysTests {
    private let world = Fixture()
    private let client: Client
    private let name = try! ConnectionName("work")
    private let host = "https://login.microsoftonline.com"

    init() throws { client = try world.client([.validateIDToken: "signature"]) }

    private func run() -> Run { Run(client.environment, Options(), cancellation: Cancellation()) }

    private func expectConfiguration(_ uri: String? = nil) {
        world.transport.expect(Answers.configuration(uri ?? "\(host)/contoso.com/discovery/v2.0/keys"))
    }

    /// Signs in by an answer whose ID token is signed by a key of this ID: good when the signature says so.
    private func signIn(
        _ keyID: String = "k7", _ signature: String = "RS256 by 7", algorithm: String = "RS256",
        keys: (() -> Void)? = nil, again: (() -> Void)? = nil
    ) throws -> TokenAnswer? {
        world.transport.expect(Answers.device())
        keys?()
        world.transport.expect(
            Answers.token(
                "access.token.1",
                ",\"id_token\":\"\(Answers.idToken(keyID, signature, algorithm: algorithm))\""))
        again?()
        return try client.connect(name, Fixture.deviceOptions, run())
    }

    private func published(_ keys: String...) -> () -> Void {
        {
            expectConfiguration()
            world.transport.expect(Answers.keys(keys))
        }
    }

    @Test("the first signature costs two requests, the next ones of the day none")
    func good() throws {
        #expect(try signIn(keys: published(Answers.key(7))) != nil)
        let asked = world.transport.requests.dropFirst().prefix(2)
        #expect(asked.map(\.method) == ["GET", "GET"] && asked.allSatisfy { $0.body == nil && !$0.isMetadata })
        #expect(
            asked.map(\.url) == [
                "\(host)/contoso.com/v2.0/.well-known/openid-configuration",
                "\(host)/contoso.com/discovery/v2.0/keys",
            ])
        world.clock.advance(86394)
        #expect(try signIn() != nil)
        #expect(try signIn(keys: published(Answers.key(7))) != nil)
    }

    @Test("without being asked for, no key is looked at")
    func byDefault() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(
            Answers.token("access.token.1", ",\"id_token\":\"\(Answers.idToken("k7", "wrong"))\""))
        #expect(try client.connect(name, Fixture.deviceOptions, world.run()) != nil)
        #expect(world.transport.requests.count == 2)
    }

    @Test(
        "a wrong signature is not to be trusted, and signs nobody in",
        arguments: [("RS256 by 8", "RS256"), ("RS256 by 7", "PS256"), ("", "RS256"), ("RS256 by 7", "none")])
    func wrong(_ signature: String, _ algorithm: String) throws {
        let keys = published(Answers.key(7))
        #expect(status { _ = try signIn("k7", signature, algorithm: algorithm, keys: keys) } == .untrusted)
        let record = try world.store.record("work")
        #expect(record?.tokens.isEmpty == true && record?.account == nil && record?.refreshToken == nil)
    }

    @Test("PS256 is as good as RS256, unless the key is for one of them")
    func algorithms() throws {
        #expect(try signIn("k7", "PS256 by 7", algorithm: "PS256", keys: published(Answers.key(7))) != nil)
        world.clock.advance(86400)
        let keys = published(Answers.key(7, ",\"alg\":\"RS256\""))
        #expect(status { _ = try signIn("k7", "PS256 by 7", algorithm: "PS256", keys: keys) } == .untrusted)
    }

    @Test("an unknown key makes us look again, once in five minutes")
    func rotation() throws {
        #expect(try signIn(keys: published(Answers.key(7))) != nil)
        #expect(try signIn("k9", "RS256 by 9", again: published(Answers.key(7), Answers.key(9))) != nil)
        #expect(try signIn("k9", "RS256 by 9") != nil)
        let before = world.transport.requests.count
        #expect(status { _ = try signIn("k11", "RS256 by 11") } == .untrusted)
        #expect(world.transport.requests.count == before + 2)
        world.clock.advance(300)
        #expect(try signIn("k11", "RS256 by 11", again: published(Answers.key(11))) != nil)
        // What the issuer no longer publishes is no longer good.
        #expect(status { _ = try signIn("k7", "RS256 by 7") } == .untrusted)
    }

    @Test("a key of another issuer in the same list proves nothing")
    func issuers() throws {
        let mine = Answers.key(7, ",\"issuer\":\"\(host)/{tenantid}/v2.0\"")
        #expect(try signIn(keys: published(mine)) != nil)
        for issuer in ["\(host)/other/v2.0", "https://evil.example/{tenantid}/v2.0", "x"] {
            world.clock.advance(86400)
            let keys = published(Answers.key(7, ",\"issuer\":\"\(issuer)\""))
            #expect(status { _ = try signIn(keys: keys) } == .untrusted)
        }
        world.clock.advance(86400)
        let alias = Answers.key(7, ",\"issuer\":\"https://sts.windows.net/{tenantid}/v2.0\"")
        #expect(try signIn(keys: published(alias)) != nil)
    }

    @Test(
        "the keys are where the authority is, and nowhere else",
        arguments: [
            "https://evil.example/keys", "http://login.microsoftonline.com/keys",
            "https://login.microsoftonline.com:1/k", "",
            "https://login.microsoftonline.com.evil.example/keys", "https://a@login.microsoftonline.com/keys",
        ])
    func elsewhere(_ uri: String) throws {
        #expect(status { _ = try signIn(keys: { expectConfiguration(uri) }) } == .untrusted)
        #expect(world.transport.requests.last?.url.hasSuffix("openid-configuration") == true)
    }

    @Test("an alias of the cloud is the authority itself")
    func alias() throws {
        let keys = {
            expectConfiguration("https://login.windows.net/common/discovery/keys")
            world.transport.expect(Answers.keys([Answers.key(7)]))
        }
        #expect(try signIn(keys: keys) != nil)
    }

    @Test(
        "other authorities have their configuration below their own address",
        arguments: [
            ("https://fs.contoso.com/adfs", "https://fs.contoso.com/adfs/.well-known/openid-configuration"),
            (
                "https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_in",
                "https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_in/v2.0/.well-known/openid-configuration"
            ),
            (
                "https://contoso.ciamlogin.com",
                "https://contoso.ciamlogin.com/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration"
            ),
        ])
    func kinds(_ authority: String, _ address: String) throws {
        #expect(try Authority(authority).configurationEndpoint == address)
    }

    @Test("keys that cannot be had are an error of their own, and nothing that works once is sent before")
    func unreachable() throws {
        let plain = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("first"))
        _ = try plain.connect(name, Fixture.deviceOptions, world.run())
        let options = try Fixture.options([.refresh: "true", .validateIDToken: "signature"])
        func refresh() -> Status? {
            status {
                _ = try plain.acquire(name, options, Run(plain.environment, options, cancellation: Cancellation()))
            }
        }
        world.transport.expect(503, "")
        #expect(refresh() == .service)
        world.transport.expect(404, "")
        #expect(refresh() == .configuration)
        world.transport.expect("{}")
        #expect(refresh() == .untrusted)
        expectConfiguration()
        world.transport.expect("<html>")
        #expect(refresh() == .untrusted)
        world.transport.expect(MSAuthError(.network, "down"))
        #expect(refresh() == .network)
        #expect(world.transport.requests.dropFirst(2).allSatisfy { $0.method == "GET" })
        published(Answers.key(7))()
        world.transport.expect(Answers.user("second"))
        #expect(refresh() == .untrusted, "an answer without an ID token")
        world.transport.expect(Answers.token("third", ",\"id_token\":\"\(Answers.idToken("k7", "RS256 by 7"))\""))
        #expect(refresh() == nil)
    }

    @Test("the option is kept: a refreshed ID token is checked as well")
    func refreshed() throws {
        let plain = try world.client()
        let run = Run(plain.environment, Options(), cancellation: Cancellation())
        var options = try Fixture.deviceOptions
        try options.set(.validateIDToken, "signature")
        world.transport.expect(Answers.device())
        let idToken = ",\"refresh_token\":\"r\",\"id_token\":\"\(Answers.idToken("k7", "RS256 by 7"))\""
        published(Answers.key(7))()
        world.transport.expect(Answers.token("first", idToken))
        _ = try plain.connect(name, options, run)
        world.transport.expect(Answers.token("second", idToken.replacing("UlMyNTYgYnkgNw", with: "d3Jvbmc")))
        let refresh = try Fixture.options([.refresh: "true"])
        #expect(status { _ = try plain.acquire(name, refresh, run) } == .untrusted)
    }
}

extension Answers {
    static func configuration(_ uri: String) -> String { "{\"jwks_uri\":\"\(uri)\"}" }

    static func keys(_ keys: [String]) -> String { "{\"keys\":[\(keys.joined(separator: ","))]}" }

    static func key(_ last: UInt8, _ more: String = "") -> String {
        "{\"kty\":\"RSA\",\"kid\":\"k\(last)\",\"n\":\"\(JSONWebKeysTests.modulus(last))\",\"e\":\"AQAB\"\(more)}"
    }

    static func idToken(_ keyID: String, _ signature: String, algorithm: String = "RS256") -> String {
        let header = encode("{\"alg\":\"\(algorithm)\",\"kid\":\"\(keyID)\"}")
        let claims = encode(
            "{\"aud\":\"\(Fixture.clientID)\",\"exp\":9999999999,\"iss\":\"https://login.microsoftonline.com/t/v2.0\","
                + "\"tid\":\"t\",\"sub\":\"s\"}")
        return "\(header).\(claims).\(encode(signature))"
    }
}
