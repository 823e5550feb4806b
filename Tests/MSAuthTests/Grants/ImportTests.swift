import Testing

@testable import MSAuth

@Suite struct ImportTests {
    private let world = Fixture()
    private let name = try! ConnectionName("work")

    private func connect(_ client: Client, _ values: [OptionName: String]) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        return try #require(try client.connect(name, options, world.run(options)))
    }

    private func acquire(_ client: Client, _ values: [OptionName: String] = [:]) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        if let held = client.heldToken(name, options) { return held }
        return try client.acquire(name, options, world.run(options))
    }

    // MARK: Refresh tokens

    private static let refresh: [OptionName: String] = [
        .grant: "refresh_token", .clientID: Fixture.clientID, .tenant: "contoso.com", .refreshToken: "theirs",
    ]

    @Test("a refresh token is redeemed at once, and what comes is kept instead")
    func refreshToken() throws {
        let client = try world.client()
        world.transport.expect(Answers.user("first", refresh: "rotated"))
        let answer = try connect(client, ImportTests.refresh)
        #expect(answer.source == .signedIn && answer.account?.homeAccountID == "alice.contoso")
        #expect(
            world.transport.form(0) == [
                "client_id": Fixture.clientID, "grant_type": "refresh_token", "refresh_token": "theirs",
                "client_info": "1", "scope": "https://graph.microsoft.com/.default offline_access openid profile",
            ])
        let record = try #require(try world.store.record("work"))
        #expect(record.refreshToken?.text() == "rotated" && record.credentials.isEmpty && record.isRenewable)
        world.transport.expect(Answers.user("second"))
        #expect(try acquire(client, [.refresh: "true"]).source == .refreshed)
        #expect(world.transport.form(1)["refresh_token"] == "rotated")
    }

    @Test("an answer without a new one keeps the imported one; a confidential application's secret is kept beside it")
    func unrotated() throws {
        world.transport.expect(Answers.user("first", refresh: nil))
        _ = try connect(world.client(), ImportTests.refresh.merging([.clientSecret: "s3cret-value"]) { $1 })
        #expect(world.transport.form(0)["client_secret"] == "s3cret-value")
        let record = try #require(try world.store.record("work"))
        #expect(record.refreshToken?.text() == "theirs" && record.credentials.keys.map(\.rawValue) == ["client_secret"])
    }

    @Test("one that is refused makes no connection, and one that is refused later asks for the user")
    func refused() throws {
        let client = try world.client()
        world.transport.expect(400, Answers.error("invalid_grant", ",\"error_codes\":[70000]"))
        #expect(status { _ = try connect(client, ImportTests.refresh) } == .interactionRequired)
        #expect(try world.store.record("work") == nil)
        world.transport.expect(Answers.user())
        _ = try connect(client, ImportTests.refresh)
        world.transport.expect(400, Answers.error("invalid_grant", ",\"error_codes\":[700082]"))
        #expect(status { _ = try acquire(client, [.refresh: "true"]) } == .interactionRequired)
    }

    @Test("without \"grant\" the connection goes on with a new one of the same person, and of no other")
    func again() throws {
        let client = try world.client()
        world.transport.expect(Answers.user())
        _ = try connect(client, ImportTests.refresh.merging([.clientSecret: "s3cret-value"]) { $1 })
        world.transport.expect(Answers.user("bobs", uid: "bob"))
        #expect(status { _ = try connect(client, [.refreshToken: "bobs"]) } == .account)
        #expect(try acquire(client).token.accessToken.text() == "access.token.1")
        world.transport.expect(Answers.user("again"))
        #expect(try connect(client, [.refreshToken: "another"]).token.accessToken.text() == "again")
        #expect(world.transport.form(2)["client_secret"] == "s3cret-value")
        #expect(try world.store.record("work")?.credentials[.clientSecret] != nil)
        world.transport.expect(Answers.user("bobs", uid: "bob"))
        #expect(try connect(client, ImportTests.refresh).account?.homeAccountID == "bob.contoso")
    }

    @Test("the option is asked for")
    func missing() throws {
        let client = try world.client()
        #expect(
            status { _ = try connect(client, [.grant: "refresh_token", .clientID: "x"]) } == .invalidArgument)
        #expect(status { _ = try connect(client, [.grant: "access_token"]) } == .invalidArgument)
    }

    // MARK: Access tokens

    private static func jwt(_ claims: String) -> String { "e30.\(Answers.encode("{\(claims)}")).c2ln" }

    private static let alice =
        "\"aud\":\"https://graph.microsoft.com\",\"exp\":1700000600,\"iat\":1699999000,\"tid\":\"tenant-1\","
        + "\"appid\":\"app-1\",\"scp\":\"User.Read Mail.Read\",\"oid\":\"alice\",\"upn\":\"alice@contoso.com\",\"idtyp\":\"user\""

    private func keep(_ claims: String, _ more: [OptionName: String] = [:], _ client: Client? = nil) throws
        -> TokenAnswer
    {
        let values: [OptionName: String] = [.grant: "access_token", .accessToken: ImportTests.jwt(claims)]
        return try connect(client ?? world.client(), values.merging(more) { $1 })
    }

    @Test("an access token says itself what it is for, whose it is and how long it lasts")
    func accessToken() throws {
        let client = try world.client()
        let answer = try keep(ImportTests.alice, [:], client)
        #expect(answer.value("access_token")?.text() == ImportTests.jwt(ImportTests.alice))
        #expect(
            answer.value("expires_on")?.text() == "1700000600" && answer.value("acquired_on")?.text() == "1699999000")
        #expect(answer.value("scopes")?.text() == "User.Read Mail.Read" && answer.value("client_id")?.text() == "app-1")
        #expect(answer.value("tenant")?.text() == "tenant-1" && answer.value("username")?.text() == "alice@contoso.com")
        #expect(answer.value("home_account_id")?.text() == "alice.tenant-1")
        for wish: [OptionName: String] in [
            [:], [.service: "graph"], [.resource: "https://graph.microsoft.com"], [.scopes: "User.Read openid"],
            [.scopes: "https://graph.microsoft.com/Mail.Read"], [.resource: "https://Graph.microsoft.com/"],
        ] { #expect(try acquire(client, wish).source == .held) }
        // Also in another process, and to the very end: nothing can renew it.
        world.clock.advance(599)
        #expect(try acquire(world.client()).source == .held)
        #expect(try world.store.record("work")?.isRenewable == false)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("nothing renews it: when it is over, or a new one is asked for, the user is asked")
    func nothingRenews() throws {
        let client = try world.client()
        _ = try keep(ImportTests.alice, [:], client)
        for values: [OptionName: String] in [[.refresh: "true"], [.claims: "{}"], [.minValidity: "900"]] {
            let error = #expect(throws: MSAuthError.self) { try acquire(client, values) }
            #expect(error?.status == .interactionRequired && error?.hint?.contains("\"access_token\"") == true)
        }
        world.clock.advance(600)
        #expect(status { _ = try acquire(client) } == .interactionRequired)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("asked for something else it says what it is for")
    func otherAudience() throws {
        let client = try world.client()
        _ = try keep(ImportTests.alice, [:], client)
        let error = #expect(throws: MSAuthError.self) { try acquire(client, [.service: "keyvault"]) }
        #expect(error?.status == .interactionRequired)
        #expect(
            error?.message.contains("for https://graph.microsoft.com, and none for https://vault.azure.net") == true)
        let wrong = #expect(throws: MSAuthError.self) {
            try keep(ImportTests.alice, [.resource: "https://vault.azure.net"])
        }
        #expect(wrong?.status == .invalidArgument)
        #expect(status { _ = try keep(ImportTests.alice, [.clientID: "app-2"]) } == .invalidArgument)
        _ = try keep(ImportTests.alice, [.clientID: "APP-1", .scopes: "User.Read"])
    }

    @Test("an application's token has no user; a v2.0 token names its resource by the application behind it")
    func application() throws {
        let client = try world.client()
        let answer = try keep(
            "\"aud\":\"cfa8b339-82a2-471a-a3c9-0fc0be7a4093\",\"exp\":1700003600,\"azp\":\"app-1\",\"tid\":\"t\","
                + "\"roles\":[\"A\",\"B\"],\"oid\":\"principal\",\"idtyp\":\"app\"", [:], client)
        #expect(answer.account == nil && answer.value("scopes")?.text() == "A B")
        #expect(try acquire(client, [.service: "keyvault"]).source == .held)
        // Without idtyp the scopes tell: only a user's token has some.
        #expect(try keep("\"aud\":[\"api://x\"],\"exp\":1700003600,\"sub\":\"p\",\"roles\":[]").account == nil)
        let user = try keep("\"aud\":\"api://x\",\"exp\":1700003600,\"sub\":\"u\",\"scp\":\"read\"")
        #expect(user.account?.homeAccountID == "u" && user.value("client_id") == nil)
        #expect(user.key.scopes == "api://x/.default")
    }

    @Test(
        "what cannot be read is refused with a sentence",
        arguments: [
            ("opaque", "no JWT"), ("a.b.c", "no JWT"), ("Bearer x", "without \"Bearer\""), ("a.b.c.d.e", "no JWT"),
            (jwt("\"exp\":1700003600"), "\"aud\""), (jwt("\"aud\":\"x\""), "\"exp\""),
            (jwt("\"aud\":\"x\",\"exp\":1e300"), "\"exp\""), (jwt("\"aud\":\"x y\",\"exp\":1700003600"), "\"aud\""),
        ])
    func unreadable(token: String, part: String) throws {
        let error = #expect(throws: MSAuthError.self) {
            try connect(world.client(), [.grant: "access_token", .accessToken: token])
        }
        #expect(error?.status == .invalidArgument && error?.message.contains(part) == true)
        #expect(error?.message.contains(token) == false)
    }

    @Test("one that has expired is refused")
    func expired() throws {
        let error = #expect(throws: MSAuthError.self) { try keep("\"aud\":\"x\",\"exp\":1699999990") }
        #expect(error?.status == .expired && error?.message.contains("10 seconds ago") == true)
        #expect(try world.store.record("work") == nil)
    }
}
