import Testing

@testable import MSAuth

@Suite struct ThrottleTests {
    private let world = Fixture()
    private let name = try! ConnectionName("ci")

    /// A client has one memory, and its runs share it.
    private func run(_ client: Client, _ options: Options = Options()) -> Run {
        Run(client.environment, options, cancellation: Cancellation())
    }

    private func acquire(_ client: Client, _ values: [OptionName: String] = [.refresh: "true"]) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        return try client.acquire(name, options, run(client, options))
    }

    private func failure(_ client: Client, _ values: [OptionName: String] = [.refresh: "true"]) -> MSAuthError? {
        #expect(throws: MSAuthError.self) { try acquire(client, values) }
    }

    private func daemon() throws -> Client {
        let client = try world.client()
        world.transport.expect(Answers.token("first"))
        _ = try client.connect(name, Fixture.secretOptions, run(client))
        return client
    }

    private func user() throws -> Client {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("first"))
        _ = try client.connect(name, Fixture.deviceOptions, run(client))
        return client
    }

    @Test("after a 429 nobody is asked until Retry-After is over, and what is left of it is told")
    func retryAfter() throws {
        let client = try daemon()
        world.transport.expect(429, Answers.error("busy"), headers: ["retry-after": "30"])
        let first = failure(client)
        #expect(first?.status == .throttled && first?.service?.retryAfter == 30)
        world.clock.advance(10)
        let second = failure(client)
        #expect(second?.status == .throttled && second?.service?.retryAfter == 20)
        #expect(second?.message.contains("another 20 seconds") == true)
        #expect(second?.service?.httpStatus == 429 && second?.service?.errorCode == "busy")
        #expect(world.transport.requests.count == 2)
        world.clock.advance(20)
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client).token.accessToken.text() == "second")
    }

    @Test("a held token that is still good is handed out meanwhile")
    func held() throws {
        let client = try daemon()
        world.transport.expect(429, "", headers: ["retry-after": "30"])
        #expect(failure(client)?.status == .throttled)
        #expect(try acquire(client, [:]).token.accessToken.text() == "first")
    }

    @Test(
        "how long depends on what the service said, but not more than an hour",
        arguments: [
            (429, nil, nil, 60), (429, "7", nil, 7), (503, "9", nil, 9), (400, "5", nil, 5), (429, "80000", nil, 3600),
            (400, nil, 50196, 60), (429, "Sun, 06 Nov 1994 08:49:57 GMT", nil, 20),
        ] as [(Int, String?, Int?, Int)])
    func seconds(_ http: Int, _ header: String?, _ number: Int?, _ seconds: Int) throws {
        let client = try daemon()
        var headers = ["date": "Sun, 06 Nov 1994 08:49:37 GMT"]
        headers["retry-after"] = header
        world.transport.expect(
            http, Answers.error("invalid_request", number.map { ",\"error_codes\":[\($0)]" } ?? ""), headers: headers)
        _ = failure(client)
        world.clock.advance(Double(seconds) - 1)
        #expect(failure(client)?.service?.retryAfter == 1)
        #expect(world.transport.requests.count == 2)
        world.clock.advance(1)
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client).source == .signedIn)
    }

    @Test("a service that fails and does not say until when is asked again")
    func failing() throws {
        let client = try daemon()
        for _ in 0..<4 { world.transport.expect(503, "") }
        #expect(failure(client)?.status == .service)
        #expect(failure(client)?.status == .service)
        #expect(world.transport.requests.count == 5)
    }

    @Test("it is for one purpose: another scope, tenant or application goes its own way")
    func purpose() throws {
        let client = try daemon()
        world.transport.expect(429, "", headers: ["retry-after": "30"])
        #expect(failure(client)?.status == .throttled)
        world.transport.expect(Answers.token("vault"))
        #expect(try acquire(client, [.resource: "https://vault.azure.net"]).token.accessToken.text() == "vault")
        world.transport.expect(Answers.token("fabrikam"))
        #expect(try acquire(client, [.tenant: "fabrikam.com"]).token.accessToken.text() == "fabrikam")
        // A new secret does not make it another purpose.
        #expect(failure(client, [.refresh: "true", .clientSecret: "new"])?.status == .throttled)
        #expect(world.transport.requests.count == 4)
    }

    @Test("who connects is never held back, and finds out for all others that it works again")
    func person() throws {
        let client = try daemon()
        world.transport.expect(429, "", headers: ["retry-after": "30"])
        #expect(failure(client)?.status == .throttled)
        world.transport.expect(429, "", headers: ["retry-after": "40"])
        #expect(status { _ = try client.connect(name, Fixture.secretOptions, run(client)) } == .throttled)
        #expect(failure(client)?.service?.retryAfter == 40)
        world.transport.expect(Answers.token("second"))
        _ = try client.connect(name, Fixture.secretOptions, run(client))
        world.transport.expect(Answers.token("third"))
        #expect(try acquire(client).token.accessToken.text() == "third")
    }

    @Test("a refusal that only the user can change is answered from memory for a minute")
    func loop() throws {
        let client = try user()
        world.transport.expect(400, Answers.error("invalid_grant", ",\"error_codes\":[50076],\"claims\":\"{}\""))
        let first = failure(client)
        let second = failure(client)
        #expect(first?.status == .interactionRequired && second?.status == .interactionRequired)
        #expect(second?.service == first?.service && second?.message == first?.message)
        #expect(second?.hint?.contains("was not asked again") == true)
        #expect(world.transport.requests.count == 3)
        world.clock.advance(60)
        world.transport.expect(Answers.user("second"))
        #expect(try acquire(client).source == .refreshed)
    }

    @Test("a request that differs is another one: other scopes, other claims, a new sign-in")
    func differs() throws {
        let client = try user()
        let refusal = Answers.error("invalid_grant", ",\"error_codes\":[50076]")
        world.transport.expect(400, refusal)
        _ = failure(client)
        world.transport.expect(400, refusal)
        _ = failure(client, [.claims: "{\"a\":1}"])
        world.transport.expect(Answers.user("vault", refresh: nil))
        _ = try acquire(client, [.resource: "https://vault.azure.net"])
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("second", refresh: "refresh-2"))
        _ = try client.connect(name, Fixture.deviceOptions, run(client))
        world.transport.expect(Answers.user("third"))
        #expect(try acquire(client).token.accessToken.text() == "third")
    }

    @Test(
        "what an administrator can change at once is asked again",
        arguments: [(401, "invalid_client"), (400, "invalid_request"), (400, "invalid_scope"), (400, "new_word")])
    func others(_ http: Int, _ word: String) throws {
        let client = try daemon()
        world.transport.expect(http, Answers.error(word))
        _ = failure(client)
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client).token.accessToken.text() == "second")
    }

    @Test("a dead network is not remembered")
    func network() throws {
        let client = try daemon()
        world.transport.expect(MSAuthError(.network, "down"))
        #expect(failure(client)?.status == .network)
        world.transport.expect(Answers.token("second"))
        #expect(try acquire(client).source == .signedIn)
    }

    @Test("the polls of a device code are paced by its own rules")
    func device() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(400, Answers.pending)
        world.transport.expect(400, Answers.pending)
        world.transport.expect(Answers.user("first"))
        #expect(try client.connect(name, Fixture.deviceOptions, run(client))?.source == .signedIn)
    }

    @Test("what is remembered is bounded, and the soonest over goes first")
    func bounded() throws {
        let throttle = Throttle()
        let environment = world.environment
        let identity = try ClientIdentity(
            Settings(call: Fixture.options([.clientID: "app", .tenant: "t"]), client: Options()), .deviceCode)
        func request(_ number: Int) -> TokenRequest {
            .refresh(identity, Secret("rt-\(number)"), Scopes("s"), claims: nil)
        }
        for number in 0...Throttle.limit {
            var service = ServiceFailure()
            service.httpStatus = 429
            service.retryAfter = 10 + number
            try throttle.remember(MSAuthError(.throttled, "busy", service: service), request(number), environment)
        }
        try throttle.check(request(0), environment)
        #expect(status { try throttle.check(request(1), environment) } == .throttled)
        #expect(status { try throttle.check(request(Throttle.limit), environment) } == .throttled)
    }
}
