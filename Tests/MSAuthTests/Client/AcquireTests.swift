import Foundation
import Testing

@testable import MSAuth

@Suite struct AcquireTests {
    private let world = Fixture()
    private let name = try! ConnectionName("ci")

    /// A connection by secret that holds one token.
    private func connected(_ values: [OptionName: String] = [:]) throws -> Client {
        let client = try world.client(values)
        world.transport.expect(Answers.token("first"))
        _ = try client.connect(name, Fixture.secretOptions, world.run())
        return client
    }

    private func acquire(_ client: Client, _ values: [OptionName: String] = [:]) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        return try client.acquire(name, options, world.run(options))
    }

    @Test("a held token costs no request, and is there without an operation")
    func held() throws {
        let client = try connected()
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "first")
        #expect(try acquire(client).source == .held)
        #expect(world.transport.requests.count == 1)
    }

    @Test("a client of another process finds the token in the store")
    func stored() throws {
        _ = try connected()
        #expect(try acquire(world.client()).token.accessToken.text() == "first")
        #expect(world.transport.requests.count == 1)
    }

    @Test("an expired token is replaced from the kept credentials, in one request")
    func signsInAgain() throws {
        let client = try connected()
        world.clock.advance(3400)
        world.transport.expect(Answers.token("second"))
        #expect(client.heldToken(name, Options()) == nil)
        let answer = try acquire(client)
        #expect(answer.token.accessToken.text() == "second" && answer.source == .signedIn)
        #expect(world.transport.form(1)["client_secret"] == "s3cret-value")
        #expect(world.transport.form(1)["scope"] == "https://graph.microsoft.com/.default")
        #expect(try world.store.record("ci")?.generation == 2)
    }

    @Test("the tenant in a new authority's path is the connection's from then on")
    func anotherAuthority() throws {
        let client = try connected()
        world.transport.expect(Answers.token("fabrikam"))
        let moved = try Fixture.options([.authority: "https://login.microsoftonline.com/fabrikam.com"])
        _ = try client.connect(name, moved, world.run())
        #expect(world.transport.requests[1].url == "https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token")
        let answer = try acquire(client)
        #expect(answer.source == .held && answer.token.accessToken.text() == "fabrikam")
        world.transport.expect(Answers.token("fabrikam.too"))
        _ = try acquire(client, [.refresh: "true"])
        #expect(world.transport.requests[2].url == "https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token")
    }

    @Test("a new authority that is a host alone leaves the tenant")
    func anotherHost() throws {
        let client = try connected()
        world.transport.expect(Answers.token("second"))
        _ = try client.connect(name, Fixture.options([.authority: "https://login.windows.net"]), world.run())
        #expect(world.transport.requests[1].url == "https://login.windows.net/contoso.com/oauth2/v2.0/token")
        #expect(try acquire(client).token.accessToken.text() == "second")
    }

    @Test("who asks for something else at once gets no share in the answer to a connection that was not read yet")
    func unreadConnection() throws {
        _ = try connected()
        world.clock.advance(3400)
        // Of its own accord the client would sign in elsewhere.
        let client = try world.client([
            .grant: "client_secret", .clientID: Fixture.clientID, .tenant: "fabrikam.com", .clientSecret: "other",
        ])
        let tenants = Collected<String>()
        let ended = DispatchSemaphore(value: 0)
        let (world, name) = (world, name)
        world.transport.expect { _ in
            Thread.detachNewThread {
                let options = try! Fixture.options([.tenant: "fabrikam.com"])
                let answer = try? client.acquire(name, options, world.run(options))
                tenants.append(answer?.key.tenant ?? "none")
                ended.signal()
            }
            Thread.sleep(forTimeInterval: 0.05)
            return .success(HTTPResponse(status: 200, body: Secret(Answers.token("second"))))
        }
        world.transport.expect(Answers.token("fabrikam"))
        #expect(try acquire(client).key.tenant == "contoso.com")
        ended.wait()
        #expect(tenants.all == ["fabrikam.com"])
    }

    @Test("each resource has its own token")
    func resources() throws {
        let client = try connected()
        world.transport.expect(Answers.token("vault"))
        #expect(try acquire(client, [.resource: "https://vault.azure.net"]).token.accessToken.text() == "vault")
        #expect(try acquire(client, [.scopes: "https://vault.azure.net/.default"]).source == .held)
        #expect(try acquire(client).token.accessToken.text() == "first")
        #expect(world.transport.requests.count == 2)
    }

    @Test("refresh and claims ask for a new token whatever is held, and are merged with what the connection can")
    func forced() throws {
        let client = try connected()
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client, [.refresh: "true"]).token.accessToken.text() == "second")
        world.transport.expect(Answers.token("third"))
        #expect(try acquire(client, [.claims: "{\"access_token\":{}}"]).token.accessToken.text() == "third")
        #expect(world.transport.form(2)["claims"] == "{\"access_token\":{}}")
    }

    @Test("past refresh_on a failure that may pass hands out the held token, and the next minute asks nobody")
    func earlyRenewal() throws {
        let client = try world.client()
        world.transport.expect(Answers.token("first", ",\"refresh_in\":1000"))
        _ = try client.connect(name, Fixture.secretOptions, world.run())
        world.clock.advance(1001)
        world.transport.expect(MSAuthError(.network, "down"))
        #expect(try acquire(client).token.accessToken.text() == "first")
        #expect(try acquire(client).token.accessToken.text() == "first")
        #expect(world.transport.requests.count == 2)
        world.clock.advance(61)
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client).token.accessToken.text() == "second")
    }

    @Test("past refresh_on a refusal that will not pass is told")
    func earlyRefusal() throws {
        let client = try world.client()
        world.transport.expect(Answers.token("first", ",\"refresh_in\":10"))
        _ = try client.connect(name, Fixture.secretOptions, world.run())
        world.clock.advance(11)
        world.transport.expect(401, Answers.error("invalid_client", ",\"error_codes\":[7000222]"))
        #expect(status { _ = try acquire(client) } == .badCredential)
    }

    @Test("a service that fails gets one more chance after a second; one that says when to come back does not")
    func retried() throws {
        let client = try connected()
        world.transport.expect(503, "")
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client, [.refresh: "true"]).token.accessToken.text() == "second")
        #expect(world.clock.sleeps == [1])
        world.transport.expect(503, "", headers: ["retry-after": "7"])
        let error = #expect(throws: MSAuthError.self) { try acquire(client, [.refresh: "true"]) }
        #expect(error?.status == .service && error?.service?.retryAfter == 7)
        #expect(world.transport.requests.count == 4)
    }

    @Test("a token that the store refuses is handed out with a warning, and written by the next call")
    func warned() throws {
        let client = try connected()
        world.store.refuseWrites(MSAuthError(.storeUnavailable, "gone"))
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client, [.refresh: "true"]).warning?.contains("gone") == true)
        #expect(client.heldToken(name, Options()) == nil)
        let again = try acquire(client)
        #expect(again.token.accessToken.text() == "second" && again.warning != nil)
        world.store.refuseWrites(nil)
        world.clock.advance(60)
        #expect(try acquire(client).warning == nil)
        #expect(try world.store.record("ci")?.tokens.values.map { $0.accessToken.text() } == ["second"])
        #expect(client.heldToken(name, Options()) != nil)
    }

    @Test("a connection that was disconnected meanwhile is never written back")
    func disconnectWins() throws {
        let client = try connected()
        _ = try world.store.delete(name, Cancellation())
        #expect(status { _ = try acquire(client, [.refresh: "true"]) } == .notFound)
        #expect(try world.store.record("ci") == nil)
        #expect(client.heldToken(name, Options()) == nil)
    }

    @Test("a connection without a name signs in by itself from the client's options, and is never stored")
    func unnamed() throws {
        let client = Client(try Fixture.secretOptions, world.environment)
        world.transport.expect(Answers.token("mine"))
        #expect(try client.acquire(nil, Options(), world.run()).token.accessToken.text() == "mine")
        #expect(client.heldToken(nil, Options())?.token.accessToken.text() == "mine")
        #expect(try world.store.list(Cancellation()).isEmpty)
    }

    @Test("without a connection, or a way to sign in, it says what to do")
    func nothing() throws {
        #expect(status { _ = try acquire(try world.client()) } == .notFound)
        let error = #expect(throws: MSAuthError.self) { try world.client().acquire(nil, Options(), world.run()) }
        #expect(error?.status == .interactionRequired && error?.hint != nil)
    }

    @Test("the clock that was set back does not make an expired token good")
    func clockSetBack() throws {
        let client = try connected()
        world.clock.advance(3601)
        world.clock.setWall(1_700_000_000)
        #expect(client.heldToken(name, Options()) == nil)
    }

    @Test("a secret that is not kept must come with the call")
    func notKept() throws {
        let client = try world.client()
        var options = try Fixture.secretOptions
        try options.set(.keepCredentials, "false")
        world.transport.expect(Answers.token("first"))
        _ = try client.connect(name, options, world.run())
        #expect(try world.store.record("ci")?.credentials.isEmpty == true)
        #expect(try acquire(client).source == .held)
        #expect(status { _ = try acquire(client, [.refresh: "true"]) } == .invalidArgument)
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client, [.refresh: "true", .clientSecret: "again"]).token.accessToken.text() == "second")
        #expect(world.transport.form(1)["client_secret"] == "again")
        #expect(try world.store.record("ci")?.credentials.isEmpty == true)
    }

    @Test("a record that cannot be read is told, and stays where it is")
    func corrupt() throws {
        try world.store.put("ci", "{\"version\":99}")
        #expect(status { _ = try acquire(try world.client()) } == .storeCorrupt)
        #expect(world.store.asides.all.isEmpty)
        #expect(try world.store.read(name, Cancellation()).count == 1)
    }

    @Test("a time limit ends the call")
    func timeout() throws {
        let client = try connected()
        let options = try Fixture.options([.refresh: "true", .timeout: "1"])
        world.transport.expect(503, "")
        #expect(status { _ = try client.acquire(name, options, world.run(options)) } == .expired)
    }
}

@Suite struct RefreshTests {
    private let world = Fixture()
    private let name = try! ConnectionName("work")

    private func connected() throws -> Client {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("first"))
        _ = try client.connect(name, Fixture.deviceOptions, world.run())
        return client
    }

    private func refresh(_ client: Client) throws -> TokenAnswer {
        let options = try Fixture.options([.refresh: "true"])
        return try client.acquire(name, options, world.run(options))
    }

    @Test("the refresh token is redeemed, rotates, and stays when the answer has none")
    func rotates() throws {
        let client = try connected()
        world.transport.expect(Answers.user("second", refresh: "refresh-2"))
        #expect(try refresh(client).source == .refreshed)
        #expect(world.transport.form(2)["refresh_token"] == "refresh-1")
        #expect(
            world.transport.form(2)["scope"] == "https://graph.microsoft.com/.default offline_access openid profile")
        world.transport.expect(Answers.user("third", refresh: nil))
        #expect(try refresh(client).account?.homeAccountID == "alice.contoso")
        #expect(world.transport.form(3)["refresh_token"] == "refresh-2")
        #expect(try world.store.record("work")?.refreshToken?.text() == "refresh-2")
    }

    @Test("a refused refresh token needs the user, and the settings stay")
    func refused() throws {
        let client = try connected()
        world.transport.expect(400, Answers.error("invalid_grant", ",\"error_codes\":[50173]"))
        let error = #expect(throws: MSAuthError.self) { try refresh(client) }
        #expect(error?.status == .interactionRequired && error?.service?.aadsts == 50173)
        #expect(try world.store.record("work")?.settings[.clientID] == Fixture.clientID)
        #expect(world.transport.requests.count == 3)
    }

    @Test("after a refusal the store is looked at once more: another program may have the newer token")
    func raced() throws {
        let client = try connected()
        let store = world.store
        let name = name
        world.transport.expect { _ in
            let text = try! store.read(name, Cancellation())[0].text().replacing("refresh-1", with: "refresh-9")
            try! store.write(name, Secret(text), Cancellation())
            return .success(HTTPResponse(status: 400, body: Secret(Answers.error("invalid_grant"))))
        }
        world.transport.expect(Answers.user("second", refresh: "refresh-10"))
        #expect(try refresh(client).token.accessToken.text() == "second")
        #expect(world.transport.form(3)["refresh_token"] == "refresh-9")
    }

    @Test("a tenant of the call redeems the same refresh token there")
    func otherTenant() throws {
        let client = try connected()
        world.transport.expect(Answers.user("guest"))
        let options = try Fixture.options([.tenant: "fabrikam.com"])
        let answer = try client.acquire(name, options, world.run())
        #expect(answer.key.authority.hasSuffix("/fabrikam.com") && answer.value("tenant")?.text() == "fabrikam.com")
        #expect(try world.store.record("work")?.account?.authority?.hasSuffix("/contoso.com") == true)
        #expect(world.transport.requests[2].url == "https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token")
    }
}
