import Testing

@testable import MSAuth

@Suite struct DeviceCodeTests {
    private let world = Fixture()
    private let name = try! ConnectionName("work")

    private func connect(_ client: Client, _ more: [OptionName: String] = [:], prompts: Collected<Prompt> = Collected())
        throws -> TokenAnswer?
    {
        var options = try Fixture.deviceOptions
        for (name, value) in more { try options.set(name, value) }
        return try client.connect(name, options, world.run(options, prompts: prompts))
    }

    @Test("prompts once, polls at the interval, and keeps who signed in")
    func signsIn() throws {
        let prompts = Collected<Prompt>()
        world.transport.expect(Answers.device(interval: 5))
        world.transport.expect(400, Answers.pending)
        world.transport.expect(400, Answers.pending)
        world.transport.expect(Answers.user())
        let answer = try #require(try connect(world.client(), prompts: prompts))
        #expect(answer.source == .signedIn && answer.account?.homeAccountID == "alice.contoso")
        #expect(world.clock.sleeps == [5, 5, 5])
        #expect(prompts.all.count == 1)
        #expect(Dictionary(uniqueKeysWithValues: prompts.all[0].fields)["user_code"] == "ABCD-EFGH")
        #expect(
            world.transport.form(0)["scope"] == "https://graph.microsoft.com/.default offline_access openid profile")
        #expect(world.transport.form(1)["device_code"] == "DEVICE")
        #expect(world.transport.form(1)["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code")
        let record = try #require(try world.store.record("work"))
        #expect(record.pending == nil && record.refreshToken?.text() == "refresh-1")
        #expect(record.settings[.clientID] == Fixture.clientID)
    }

    @Test("slow_down adds five seconds for good")
    func slowDown() throws {
        world.transport.expect(Answers.device(interval: 5))
        world.transport.expect(400, Answers.error("slow_down"))
        world.transport.expect(400, Answers.pending)
        world.transport.expect(400, Answers.error("slow_down"))
        world.transport.expect(Answers.user())
        _ = try connect(world.client())
        #expect(world.clock.sleeps == [5, 10, 10, 15])
    }

    @Test("a network that is down is asked less and less often, and does not end the sign-in")
    func unreachable() throws {
        world.transport.expect(Answers.device(interval: 5))
        for _ in 0..<5 { world.transport.expect(MSAuthError(.network, "down")) }
        world.transport.expect(429, "", headers: ["retry-after": "90"])
        world.transport.expect(Answers.user())
        _ = try connect(world.client())
        #expect(world.clock.sleeps == [5, 10, 20, 40, 60, 60, 90])
    }

    @Test("ends with the code's lifetime, also when the service never says so")
    func expires() throws {
        world.transport.expect(Answers.device(interval: 5, expiresIn: 12))
        for _ in 0..<3 { world.transport.expect(400, Answers.pending) }
        #expect(status { _ = try connect(world.client()) } == .expired)
        #expect(try world.store.record("work") == nil, "a sign-in that never succeeded leaves nothing behind")
    }

    @Test(
        "what the service says ends it",
        arguments: [
            ("expired_token", Status.expired), ("code_expired", .expired), ("authorization_declined", .denied),
            ("access_denied", .denied), ("bad_verification_code", .rejected),
        ])
    func ended(_ code: String, _ expected: Status) throws {
        world.transport.expect(Answers.device())
        world.transport.expect(400, Answers.error(code))
        #expect(status { _ = try connect(world.client()) } == expected)
        #expect(try world.store.record("work") == nil)
    }

    @Test("without waiting it ends after the prompt, and another client finishes it")
    func twoProcesses() throws {
        let prompts = Collected<Prompt>()
        world.transport.expect(Answers.device(interval: 5))
        #expect(try connect(world.client(), [.wait: "false"], prompts: prompts) == nil)
        #expect(prompts.all.count == 1 && world.clock.sleeps.isEmpty)
        #expect(try world.store.record("work")?.pending?.deviceCode?.userCode == "ABCD-EFGH")

        world.transport.expect(400, Answers.pending)
        world.transport.expect(Answers.user())
        let answer = try world.client().resume(name, Options(), world.run())
        #expect(answer.token.accessToken.text() == "access.token.1")
        #expect(world.clock.sleeps == [5], "nobody has polled yet, and the user may have answered already")
        #expect(status { _ = try world.client().resume(name, Options(), world.run()) } == .notFound)
    }

    @Test("one that never got beyond its first sign-in begins again with the same settings")
    func beginsAgain() throws {
        world.transport.expect(Answers.device())
        _ = try connect(world.client(), [.wait: "false"])
        #expect(try world.client().list(name, world.run())[0].fields["grant"] == "device_code")
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user())
        _ = try world.client().connect(name, Options(), world.run())
        #expect(world.transport.form(1)["client_id"] == Fixture.clientID)
        #expect(try world.store.record("work")?.settings[.clientID] == Fixture.clientID)
    }

    @Test("while one is pending the connection goes on as it is, and a failure leaves it so")
    func undisturbed() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("old"))
        _ = try connect(client)
        world.transport.expect(Answers.device())
        _ = try connect(client, [.wait: "false"])
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "old")
        #expect(try world.client().acquire(name, Options(), world.run()).token.accessToken.text() == "old")
        world.transport.expect(400, Answers.error("access_denied"))
        #expect(status { _ = try client.resume(name, Options(), world.run()) } == .denied)
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "old")
        #expect(try world.store.record("work")?.pending == nil)
    }

    @Test("without a grant it signs in again as it did, and another person is refused")
    func samePerson() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("old", uid: "alice"))
        _ = try connect(client)
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("new", uid: "bob"))
        #expect(status { _ = try client.connect(name, Options(), world.run()) } == .account)
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "old")
        #expect(world.transport.form(2)["client_id"] == Fixture.clientID)
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("new", uid: "alice"))
        #expect(try client.connect(name, Options(), world.run())?.token.accessToken.text() == "new")
    }

    @Test("who waits for a sign-in that another process finished gets its token")
    func twoResume() throws {
        _ = try beginAndFinishElsewhere("theirs")
        let late = try world.client()
        #expect(try late.resume(name, Options(), world.run()).token.accessToken.text() == "theirs")
        #expect(world.transport.requests.count == 2)
    }

    @Test("who waits for a sign-in in whose place another one came is told, and gets no old token")
    func replaced() throws {
        let (pending, finished) = try beginAndFinishElsewhere("old")
        let other = pending.text().replacing("ABCD-EFGH", with: "OTHER").replacing("DEVICE", with: "OTHER")
        try world.store.put("work", other)
        let store = world.store
        let name = name
        let text = finished.text()
        world.store.afterNextRead { try! store.write(name, Secret(text), Cancellation()) }
        #expect(status { _ = try world.client().resume(name, Options(), world.run()) } == .cancelled)
    }

    /// What was pending, and what a second process made of it, which is in the store after this one's next read.
    private func beginAndFinishElsewhere(_ token: String) throws -> (pending: Secret, finished: Secret) {
        world.transport.expect(Answers.device())
        _ = try connect(world.client(), [.wait: "false"])
        let pending = try world.store.read(name, Cancellation())[0]
        world.transport.expect(Answers.user(token))
        _ = try world.client().resume(name, Options(), world.run())
        let finished = try world.store.read(name, Cancellation())[0]
        try world.store.put("work", pending.text())
        let store = world.store
        let name = name
        let text = finished.text()
        world.store.afterNextRead { try! store.write(name, Secret(text), Cancellation()) }
        return (pending, finished)
    }

    @Test("processes that poll for one code keep to one pace, and a raised interval is everybody's")
    func onePace() throws {
        let clock = world.clock
        world.transport.expect(Answers.device(interval: 5))
        _ = try connect(world.client(), [.wait: "false"])
        var other = DevicePoll(try #require(try world.store.record("work")?.pending?.deviceCode))
        clock.advance(10)
        world.transport.expect(400, Answers.error("slow_down"))
        world.transport.expect { _ in
            clock.advance(1000)
            return .success(HTTPResponse(status: 400, body: Secret(Answers.error("expired_token"))))
        }
        let record = Collected<PendingSignIn>()
        let store = world.store
        world.store.afterNextRead { if let pending = try? store.record("work")?.pending { record.append(pending) } }
        #expect(status { _ = try world.client().resume(name, Options(), world.run()) } == .expired)
        #expect(clock.sleeps == [10])
        var polled = try #require(record.all[0].deviceCode)
        polled.polledOn = clock.wall
        polled.interval = 10
        #expect(other.pause(polled, now: clock.wall) == 11)
        #expect(other.pause(polled, now: clock.wall + 11) == nil)
        #expect(other.interval == 10)
    }

    @Test("a service that gives no last word leaves the sign-in to be resumed")
    func noLastWord() throws {
        world.transport.expect(Answers.device(interval: 5))
        _ = try connect(world.client(), [.wait: "false"])
        world.clock.advance(10)
        world.transport.expect("<html>captive portal</html>")
        #expect(status { _ = try world.client().resume(name, Options(), world.run()) } == .untrusted)
        world.transport.expect(503, "")
        let options = try Fixture.options([.timeout: "1"])
        world.clock.advance(10)
        #expect(status { _ = try world.client().resume(name, options, world.run(options)) } == .expired)
        world.clock.advance(10)
        world.transport.expect(Answers.user("late"))
        #expect(try world.client().resume(name, Options(), world.run()).token.accessToken.text() == "late")
    }

    @Test("a client that began a sign-in sees that another process finished it")
    func staleCopy() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        _ = try connect(client, [.wait: "false"])
        world.transport.expect(Answers.user("theirs"))
        _ = try world.client().resume(name, Options(), world.run())
        #expect(try client.acquire(name, Options(), world.run()).token.accessToken.text() == "theirs")
    }

    @Test("an answer that names nobody is nobody's to sign in again with")
    func unnamed() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("old"))
        _ = try connect(client)
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.token("new"))
        #expect(status { _ = try client.connect(name, Options(), world.run()) } == .account)
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "old")
    }

    @Test("a store that refuses ends it before anybody sees a code")
    func refusedStore() throws {
        let prompts = Collected<Prompt>()
        world.store.refuseWrites(MSAuthError(.storeUnavailable, "gone"))
        world.transport.expect(Answers.device())
        #expect(status { _ = try connect(world.client(), prompts: prompts) } == .storeUnavailable)
        #expect(prompts.all.isEmpty)
    }

    @Test("an ID token of another application is not trusted")
    func untrusted() throws {
        let claims = Answers.encode(
            "{\"aud\":\"other\",\"exp\":9999999999,\"iss\":\"https://login.microsoftonline.com/t/v2.0\"}")
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.token("a", ",\"id_token\":\"e30.\(claims).x\""))
        #expect(status { _ = try connect(world.client()) } == .untrusted)
    }
}

@Suite struct ClientSecretTests {
    private let world = Fixture()
    private let name = try! ConnectionName("ci")

    @Test("is one request and one record")
    func signsIn() throws {
        world.transport.expect(Answers.token())
        _ = try world.client().connect(name, Fixture.secretOptions, world.run())
        #expect(
            world.transport.requests.map(\.url) == ["https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"])
        #expect(
            world.transport.form(0) == [
                "client_id": Fixture.clientID, "client_secret": "s3cret-value", "grant_type": "client_credentials",
                "scope": "https://graph.microsoft.com/.default",
            ])
        let headers = Dictionary(world.transport.requests[0].headers, uniquingKeysWith: { $1 })
        #expect(headers["return-client-request-id"] == "true" && headers["client-request-id"]?.count == 36)
    }

    @Test("a tenant that stands for many, and a missing option, are told before any request")
    func incomplete() throws {
        var options = try Fixture.secretOptions
        try options.set(.tenant, "organizations")
        #expect(status { _ = try world.client().connect(name, options, world.run()) } == .invalidArgument)
        let without = try Fixture.options([.grant: "client_secret", .clientID: "c", .tenant: "t"])
        let error = #expect(throws: MSAuthError.self) { try world.client().connect(name, without, world.run()) }
        #expect(error?.message.contains("client_secret") == true)
        let nothing = #expect(throws: MSAuthError.self) { try world.client().connect(name, Options(), world.run()) }
        #expect(nothing?.message.contains("device_code, client_secret") == true)
    }

    @Test("a sign-in that the store refuses is told, and this client holds it")
    func notKept() throws {
        let client = try world.client()
        world.store.refuseWrites(MSAuthError(.storeUnavailable, "gone", hint: "do this"))
        world.transport.expect(Answers.token("kept.here"))
        let error = #expect(throws: MSAuthError.self) { try client.connect(name, Fixture.secretOptions, world.run()) }
        #expect(error?.status == .notKept && error?.hint == "do this")
        #expect(try client.acquire(name, Options(), world.run()).token.accessToken.text() == "kept.here")
        world.clock.advance(3600)
        world.store.refuseWrites(nil)
        world.transport.expect(Answers.token("later"))
        #expect(try client.acquire(name, Options(), world.run()).token.accessToken.text() == "later")
        #expect(try world.store.record("ci")?.tokens.count == 1)
    }

    @Test("a failed sign-in leaves the connection as it was")
    func undisturbed() throws {
        let client = try world.client()
        world.transport.expect(Answers.token("old"))
        _ = try client.connect(name, Fixture.secretOptions, world.run())
        world.transport.expect(401, Answers.error("invalid_client", ",\"error_codes\":[7000215]"))
        #expect(status { _ = try client.connect(name, Fixture.secretOptions, world.run()) } == .badCredential)
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "old")
    }

    @Test("a record that cannot be read is set aside by a new sign-in, not deleted")
    func setAside() throws {
        try world.store.put("ci", "nonsense")
        world.transport.expect(Answers.token())
        _ = try world.client().connect(name, Fixture.secretOptions, world.run())
        #expect(world.store.asides.all == ["ci"])
        #expect(try world.store.record("ci")?.tokens.count == 1)
    }

    @Test("what comes from the client is not copied into the connection")
    func notCopied() throws {
        let client = try world.client([.clientID: Fixture.clientID, .tenant: "contoso.com"])
        world.transport.expect(Answers.token())
        _ = try client.connect(
            name, Fixture.options([.grant: "client_secret", .clientSecret: "s3cret-value"]), world.run())
        #expect(try world.store.record("ci")?.settings == [.grant: "client_secret"])
    }
}

@Suite struct DisconnectAndListTests {
    private let world = Fixture()

    private func connect(_ text: String) throws {
        world.transport.expect(Answers.token())
        _ = try world.client().connect(ConnectionName(text), Fixture.secretOptions, world.run())
    }

    @Test("a disconnected connection is gone")
    func gone() throws {
        try connect("ci")
        try world.client().disconnect(ConnectionName("ci"), Options(), world.run())
        #expect(try world.store.record("ci") == nil)
        #expect(status { try world.client().disconnect(ConnectionName("ci"), Options(), world.run()) } == .notFound)
    }

    @Test("keep=settings leaves how it signs in, and nothing secret")
    func keepSettings() throws {
        try connect("ci")
        try world.client().disconnect(ConnectionName("ci"), Fixture.options([.keep: "settings"]), world.run())
        let record = try #require(try world.store.record("ci"))
        #expect(record.settings[.grant] == "client_secret" && record.tokens.isEmpty && record.credentials.isEmpty)
    }

    @Test("lists by name, with what cannot be read, and nothing secret")
    func lists() throws {
        try connect("b")
        try connect("a")
        try world.store.put("broken", "{")
        let list = try world.client().list(nil, world.run())
        #expect(list.map { $0.fields["name"] } == ["a", "b", "broken"])
        #expect(list[0].fields["renewable"] == "true" && list[0].fields["grant"] == "client_secret")
        #expect(list[2].fields["problem"] != nil)
        let json = ConnectionSummary.json(list).text()
        #expect(!json.contains("s3cret-value") && !json.contains("access.token"))
        #expect(try world.client().list(ConnectionName("a"), world.run()).count == 1)
        #expect(status { _ = try world.client().list(ConnectionName("none"), world.run()) } == .notFound)
    }

    @Test("fields that are listed are fields that are described")
    func described() throws {
        try connect("a")
        let described = Set(Fields.connection.map(\.name))
        #expect(Set(try world.client().list(nil, world.run())[0].fields.keys).isSubset(of: described))
    }
}
