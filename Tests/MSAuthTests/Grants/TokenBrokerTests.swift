import Foundation
import Testing

@testable import MSAuth

@Suite struct TokenBrokerTests {
    private let world = Fixture()
    private let name = try! ConnectionName("calendar")

    private func connect(_ more: [OptionName: String] = [:], client: Client? = nil) throws -> TokenAnswer {
        var options = try Fixture.brokerOptions
        for (name, value) in more { try options.set(name, value) }
        return try #require(try (client ?? world.client()).connect(name, options, world.run(options)))
    }

    private func acquire(_ values: [OptionName: String] = [:], client: Client? = nil) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        return try (client ?? world.client()).acquire(name, options, world.run(options))
    }

    /// What a request carried, as FakeCrypto left it.
    private func plaintext(_ index: Int) throws -> String {
        let text = try #require(world.transport.json(index)?["encrypted_token"]?.string)
        return String(decoding: try #require(Data(base64Encoded: text)).dropFirst(12).dropLast(16), as: UTF8.self)
    }

    private func answer(_ token: String, refresh: String? = nil) -> String {
        Answers.token(token, refresh.map { ",\"refresh_token\":\"\($0)\"" } ?? "")
    }

    private let refusal = "{\"message\":\"no\"}"

    @Test("is one request: JSON with five members, and nothing of Entra's")
    func signsIn() throws {
        world.transport.expect(answer("first"))
        let token = try connect()
        #expect(token.source == .signedIn && token.value("client_id")?.text() == "id-1")
        #expect(token.value("tenant") == nil && token.value("username") == nil)
        #expect(token.value("authority")?.text() == "https://oproxy.demisto.ninja")
        let request = try #require(world.transport.requests.first)
        #expect(request.url == "https://oproxy.demisto.ninja/obtain-token" && request.method == "POST")
        #expect(request.headers.map(\.name) == ["Content-Type", "Accept"])
        #expect(request.headers[0].value == "application/json")
        var body = try #require(world.transport.json(0)?.object)
        #expect(try plaintext(0) == "1700000000:tok-ABC.123")
        body["encrypted_token"] = nil
        #expect(
            body == [
                "app_name": .string("ms-graph-calendar"), "registration_id": .string("id-1"), "scope": .null,
                "resource": .string(""),
            ])
    }

    @Test("a broker may be named in the ID, or by itself, which counts more")
    func otherBroker() throws {
        world.transport.expect(answer("first"))
        _ = try connect([.brokerID: "id-1@https://broker.example/token"])
        world.transport.expect(answer("second"))
        _ = try connect([.brokerID: "id-1@https://broker.example/token", .brokerURL: "https://b.example/t"])
        #expect(world.transport.requests.map(\.url) == ["https://broker.example/token", "https://b.example/t"])
        #expect(world.transport.json(0)?["registration_id"]?.string == "id-1")
    }

    @Test("a resource is sent as the resource, scopes as the scope, each with a token of its own")
    func wanted() throws {
        world.transport.expect(answer("first", refresh: "r1"))
        _ = try connect()
        world.transport.expect(answer("arm", refresh: "r2"))
        #expect(try acquire([.service: "azure"]).token.accessToken.text() == "arm")
        world.transport.expect(answer("mail", refresh: "r3"))
        #expect(try acquire([.scopes: "Mail.Read"]).token.accessToken.text() == "mail")
        #expect(try acquire([.resource: "https://management.azure.com"]).source == .held)
        #expect(try acquire().token.accessToken.text() == "first")
        #expect(world.transport.json(1)?["resource"]?.string == "https://management.azure.com")
        #expect(world.transport.json(1)?["scope"] == .null)
        #expect(world.transport.json(2)?["resource"]?.string == "")
        #expect(world.transport.json(2)?["scope"]?.string == "Mail.Read")
    }

    @Test("what is missing or wrong is told before any request")
    func incomplete() throws {
        for missing in [OptionName.brokerID, .brokerToken, .brokerKey, .brokerApp] {
            var options = try Fixture.brokerOptions
            try options.set(missing.rawValue, nil)
            let error = #expect(throws: MSAuthError.self) { try world.client().connect(name, options, world.run()) }
            #expect(error?.status == .invalidArgument && error?.message.contains("\"\(missing.rawValue)\"") == true)
        }
        for key in ["AAECAwQFBgcICQoLDA0ODw", "AAEC", "not base64"] {
            let error = #expect(throws: MSAuthError.self) { try connect([.brokerKey: key]) }
            #expect(error?.message.contains("16, 24 or 32 bytes") == true && error?.message.contains(key) == false)
        }
        for id in ["a@b", "a@http://plain.example/t", "@https://b.example/t", "a@https://b/t@c"] {
            #expect(status { _ = try connect([.brokerID: id]) } == .invalidArgument)
        }
        #expect(status { _ = try connect([.brokerURL: "http://plain.example"]) } == .invalidArgument)
        #expect(status { _ = try connect([.claims: "{}"]) } == .invalidArgument)
        #expect(status { _ = try connect([.cae: "true"]) } == .invalidArgument)
    }

    @Test("a lifetime that is not given is 3595 seconds, one as text is taken, and nonsense is not trusted")
    func lifetimes() throws {
        world.transport.expect("{\"access_token\":\"a\"}")
        #expect(try connect().token.expiresOn == 1_700_003_595)
        world.transport.expect("{\"access_token\":\"a\",\"expires_in\":\"120\"}")
        #expect(try connect().token.expiresOn == 1_700_000_120)
        world.transport.expect("{\"access_token\":\"a\",\"expires_in\":5}")
        #expect(try connect().token.expiresOn == 1_700_000_005)
        for body in [
            "{\"access_token\":\"a\",\"expires_in\":\"soon\"}", "{\"access_token\":\"\"}", "{}", "<html>", "[]", "",
        ] {
            world.transport.expect(body)
            #expect(status { _ = try connect() } == .untrusted)
        }
    }

    @Test("an ID token or a client_info from the broker says nobody")
    func nobody() throws {
        let info = Answers.encode("{\"uid\":\"u\",\"utid\":\"t\"}")
        world.transport.expect(Answers.token("a", ",\"id_token\":\"e30.e30.x\",\"client_info\":\"\(info)\""))
        #expect(try connect().account == nil)
        #expect(try world.store.record("calendar")?.idToken == nil)
    }

    @Test("the refresh token that came last is sent in the Token's place, also by another process")
    func rotates() throws {
        world.transport.expect(answer("a1", refresh: "r:1"))
        _ = try connect()
        for index in 1...3 {
            world.clock.advance(3600)
            world.transport.expect(answer("a\(index + 1)", refresh: "r:\(index + 1)"))
            #expect(try acquire().source == .refreshed)
            #expect(try plaintext(index) == "\(world.clock.wall):r:\(index)")
        }
        #expect(try world.store.record("calendar")?.refreshToken?.text() == "r:4")
    }

    @Test("a refresh token that the broker refuses is dropped, and the Token tried once")
    func wayOut() throws {
        world.transport.expect(answer("a1", refresh: "r1"))
        _ = try connect()
        world.transport.expect(400, refusal)
        world.transport.expect(answer("a2"))
        #expect(try acquire([.refresh: "true"]).source == .signedIn)
        #expect(try plaintext(2).hasSuffix(":tok-ABC.123"))
        let record = try #require(try world.store.record("calendar"))
        #expect(record.refreshToken == nil && record.gate == nil)
        world.transport.expect(answer("a3"))
        _ = try acquire([.refresh: "true"])
        #expect(world.transport.requests.count == 4)
    }

    @Test("when both are refused that is one refusal, and the gate closes")
    func bothRefused() throws {
        world.transport.expect(answer("a1", refresh: "r1"))
        _ = try connect()
        world.transport.expect(401, refusal)
        world.transport.expect(401, refusal)
        #expect(status { _ = try acquire([.refresh: "true"]) } == .badCredential)
        #expect(world.transport.requests.count == 3)
        let record = try #require(try world.store.record("calendar"))
        #expect(record.gate?.refusals == 1 && record.refreshToken?.text() == "r1")
        #expect(try acquire().token.accessToken.text() == "a1", "what is held is handed out by a closed gate, too")
    }

    @Test("a broker that is busy or broken is not asked twice", arguments: [429, 500, 503, 404])
    func busy(_ httpStatus: Int) throws {
        world.transport.expect(answer("a1", refresh: "r1"))
        _ = try connect()
        world.transport.expect(httpStatus, refusal)
        #expect(status { _ = try acquire([.refresh: "true"]) } != nil)
        #expect(world.transport.requests.count == 2 && world.clock.sleeps.isEmpty)
    }

    @Test("the gate is kept between processes: 2, 4, 8, 16, 32, 64, 64 seconds, and a success opens it for good")
    func gate() throws {
        world.transport.expect(answer("a1"))
        _ = try connect()
        for pause in [2, 4, 8, 16, 32, 64, 64] {
            world.transport.expect(400, refusal)
            let error = #expect(throws: MSAuthError.self) { try acquire([.refresh: "true"]) }
            #expect(error?.service?.retryAfter == pause)
            world.clock.advance(Double(pause - 1))
            let closed = #expect(throws: MSAuthError.self) { try acquire([.refresh: "true"]) }
            #expect(closed?.status == .throttled && closed?.service?.retryAfter == 1)
            world.clock.advance(1)
        }
        #expect(world.transport.requests.count == 8)
        world.transport.expect(answer("a2"))
        _ = try acquire([.refresh: "true"])
        #expect(try world.store.record("calendar")?.gate == nil)
        world.transport.expect(400, refusal)
        let again = #expect(throws: MSAuthError.self) { try acquire([.refresh: "true"]) }
        #expect(again?.service?.retryAfter == 2)
    }

    @Test("a network that is down neither closes the gate nor opens it")
    func network() throws {
        world.transport.expect(answer("a1"))
        _ = try connect()
        world.transport.expect(MSAuthError(.network, "down"))
        #expect(status { _ = try acquire([.refresh: "true"]) } == .network)
        world.transport.expect(400, refusal)
        #expect(status { _ = try acquire([.refresh: "true"]) } == .rejected)
        world.clock.advance(2)
        world.transport.expect(MSAuthError(.network, "down"))
        #expect(status { _ = try acquire([.refresh: "true"]) } == .network)
        world.transport.expect(400, refusal)
        let error = #expect(throws: MSAuthError.self) { try acquire([.refresh: "true"]) }
        #expect(error?.service?.retryAfter == 4)
    }

    @Test("Retry-After is honoured on top")
    func retryAfter() throws {
        world.transport.expect(answer("a1"))
        _ = try connect()
        world.transport.expect(429, "", headers: ["retry-after": "90"])
        #expect(status { _ = try acquire([.refresh: "true"]) } == .throttled)
        world.clock.advance(89)
        #expect(status { _ = try acquire([.refresh: "true"]) } == .throttled)
        world.clock.advance(1)
        world.transport.expect(answer("a2"))
        #expect(try acquire([.refresh: "true"]).token.accessToken.text() == "a2")
    }

    @Test("connect obeys the gate of a connection that is there, and leaves nothing where there was none")
    func connectAtTheGate() throws {
        world.transport.expect(400, refusal)
        #expect(status { _ = try connect() } == .rejected)
        #expect(try world.store.record("calendar") == nil)
        world.transport.expect(answer("a1"))
        _ = try connect()
        world.transport.expect(400, refusal)
        let error = #expect(throws: MSAuthError.self) { try connect() }
        #expect(error?.service?.retryAfter == 2)
        #expect(status { _ = try connect() } == .throttled)
        #expect(status { _ = try acquire([.refresh: "true"]) } == .throttled)
        world.transport.expect(answer("a2"))
        _ = try connect([.brokerID: "id-2"])
        #expect(try world.store.record("calendar")?.gate == nil)
    }

    @Test("a connection without a name has its gate in memory")
    func unnamed() throws {
        let client = Client(try Fixture.brokerOptions, world.environment)
        world.transport.expect(400, refusal)
        #expect(status { _ = try client.acquire(nil, Options(), world.run()) } == .rejected)
        #expect(status { _ = try client.acquire(nil, Options(), world.run()) } == .throttled)
        world.clock.advance(2)
        world.transport.expect(answer("a1"))
        #expect(try client.acquire(nil, Options(), world.run()).source == .signedIn)
        #expect(client.heldToken(nil, Options())?.token.accessToken.text() == "a1")
    }

    @Test("keeps Token and Key as credentials, unless told otherwise; then both are needed with each request")
    func credentials() throws {
        world.transport.expect(answer("a1", refresh: "r1"))
        _ = try connect()
        let record = try #require(try world.store.record("calendar"))
        #expect(Set(record.credentials.keys) == [.brokerToken, .brokerKey] && record.isRenewable)
        #expect(
            record.settings == [.grant: "token_broker", .brokerID: "id-1", .brokerApp: "ms-graph-calendar"])
        world.transport.expect(answer("a2", refresh: "r2"))
        _ = try connect([.keepCredentials: "false"])
        let bare = try #require(try world.store.record("calendar"))
        #expect(bare.credentials.isEmpty && !bare.isRenewable)
        #expect(status { _ = try acquire([.refresh: "true"]) } == .invalidArgument)
        world.transport.expect(answer("a3"))
        let again = try acquire([
            .refresh: "true", .brokerToken: "tok-ABC.123", .brokerKey: "AAECAwQFBgcICQoLDA0ODw==",
        ])
        #expect(again.source == .refreshed)
    }
}
