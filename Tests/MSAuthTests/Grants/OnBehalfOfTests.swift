import Foundation
import Testing

@testable import MSAuth

@Suite struct OnBehalfOfTests {
    private let world = Fixture()

    private static let graph = "https://graph.microsoft.com/.default"

    private static func values(_ more: [OptionName: String] = [:]) -> [OptionName: String] {
        let values: [OptionName: String] = [
            .grant: "on_behalf_of", .clientID: Fixture.clientID, .tenant: "contoso.com", .clientSecret: "s3cret-value",
        ]
        return values.merging(more) { $1 }
    }

    /// A client whose own connection acts for its callers.
    private func client(_ more: [OptionName: String] = [:]) throws -> Client {
        try world.client(OnBehalfOfTests.values(more))
    }

    private func acquire(
        _ client: Client, for assertion: String?, _ more: [OptionName: String] = [:], name: ConnectionName? = nil,
        in environment: Environment? = nil
    ) throws -> TokenAnswer {
        var values = more
        values[.userAssertion] = assertion
        let options = try Fixture.options(values)
        if let held = client.heldToken(name, options) { return held }
        let run = Run(environment ?? world.environment, options, cancellation: Cancellation())
        return try client.acquire(name, options, run)
    }

    /// A token that says when it ends.
    private static func assertion(_ user: String, expiresOn: Int = 1_700_003_600) -> String {
        "e30." + Answers.encode("{\"exp\":\(expiresOn),\"oid\":\"\(user)\"}") + ".c2ln"
    }

    private static func answer(_ user: String, _ more: String = "") -> String {
        let info = Answers.encode("{\"uid\":\"\(user)\",\"utid\":\"contoso\"}")
        let claims = Answers.encode(
            "{\"aud\":\"\(Fixture.clientID)\",\"exp\":9999999999,\"iss\":\"https://login.microsoftonline.com/t/v2.0\","
                + "\"tid\":\"t\",\"sub\":\"s\",\"preferred_username\":\"\(user)@contoso.com\"}")
        return Answers.token(
            "token.of.\(user)",
            ",\"refresh_token\":\"refresh-of-\(user)\",\"client_info\":\"\(info)\",\"id_token\":\"e30.\(claims).c2ln\""
                + more)
    }

    @Test("the request is RFC 7523's with Entra's additions")
    func request() throws {
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        let answer = try acquire(client(), for: "alices-token")
        #expect(
            world.transport.form(0) == [
                "client_id": Fixture.clientID, "client_secret": "s3cret-value",
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "alices-token",
                "requested_token_use": "on_behalf_of", "client_info": "1",
                "scope": "\(OnBehalfOfTests.graph) offline_access openid profile",
            ])
        #expect(answer.source == .signedIn && answer.account?.username == "alice@contoso.com")
        #expect(answer.account?.homeAccountID == "alice.contoso" && answer.idToken != nil)
        #expect(answer.value("username")?.text() == "alice@contoso.com")
    }

    @Test("each user's token is found by the assertion alone, with its own account")
    func perAssertion() throws {
        let client = try client()
        for user in ["alice", "bob"] {
            world.transport.expect(OnBehalfOfTests.answer(user))
            #expect(try acquire(client, for: "assertion-\(user)").source == .signedIn)
        }
        for user in ["alice", "bob", "alice"] {
            let answer = try acquire(client, for: "assertion-\(user)")
            #expect(answer.source == .held && answer.token.accessToken.text() == "token.of.\(user)")
            #expect(answer.account?.username == "\(user)@contoso.com")
        }
        #expect(world.transport.requests.count == 2)
        // Neither a part of an assertion nor none at all finds anything.
        #expect(client.heldToken(nil, Options()) == nil)
        for assertion in ["assertion-", "assertion-alice ", "assertion-alicf"] {
            #expect(client.heldToken(nil, try Fixture.options([.userAssertion: assertion])) == nil)
        }
    }

    @Test("the assertion itself is in no key, and a refresh token is not kept")
    func nothingKept() throws {
        let client = try client()
        world.transport.expect(OnBehalfOfTests.answer("alice", ",\"refresh_in\":1000"))
        let answer = try acquire(client, for: "assertion-alice")
        #expect(answer.key.userAssertion == FakeCrypto().sha256(Secret("assertion-alice")))
        let record = try #require(client.withState { $0.held[nil] })
        #expect(record.refreshToken == nil && record.account == nil && record.idToken == nil && record.tokens.isEmpty)
        // Renewed by the assertion again.
        world.clock.advance(1001)
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        #expect(try acquire(client, for: "assertion-alice").source == .signedIn)
        #expect(world.transport.form(1)["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
    }

    /// Answers with a token of the user whom the assertion names.
    private final class EachTheirOwn: Transport {
        let count = Lock(0)

        func send(_ request: HTTPRequest, _ cancellation: Cancellation) throws(MSAuthError) -> HTTPResponse {
            count.withLock { $0 += 1 }
            let form = request.body?.text() ?? ""
            let user = form.firstRange(of: "assertion=user-").map { String(form[$0.upperBound...].prefix(5)) }
            let name = user ?? "nobody"
            return HTTPResponse(status: 200, body: Secret(Answers.user("token.of.\(name)", uid: name)))
        }
    }

    @Test("ten thousand users at once get their own tokens, and hold them")
    func manyUsers() throws {
        let transport = EachTheirOwn()
        var changed = world.environment
        changed.transport = transport
        let environment = changed
        let client = Client(try Fixture.options(OnBehalfOfTests.values()), environment)
        let users = 10_000
        let wrong = Collected<Int>()
        let held = Collected<Int>()
        for round in 0..<2 {
            DispatchQueue.concurrentPerform(iterations: users) { number in
                let user = String(10_000 + number)
                let answer = try? acquire(client, for: "user-\(user)", in: environment)
                if answer?.token.accessToken.text() != "token.of.\(user)"
                    || answer?.account?.homeAccountID != "\(user).contoso"
                {
                    wrong.append(number)
                }
                if round == 1, answer?.source == .held { held.append(number) }
            }
        }
        #expect(wrong.all.count == 0)
        #expect(held.all.count == users && transport.count.withLock { $0 } == users)
    }

    @Test("requests for different users run side by side, and one for the same user is shared")
    func sideBySide() throws {
        let client = try client()
        let together = Monitor(0)
        for _ in 0..<8 {
            world.transport.expect { _ in
                // Nobody is answered before all eight have asked.
                together.change { $0 += 1 }
                let all: Bool? = together.wait(seconds: 20) { $0 >= 8 ? true : nil }
                return all == true
                    ? .success(HTTPResponse(status: 200, body: Secret(Answers.token())))
                    : .failure(MSAuthError(.network, "they came one after another"))
            }
        }
        let answered = Collected<String>()
        let threads = (0..<16).map { number in
            Thread {
                if let answer = try? self.acquire(client, for: "user-\(number / 2)") {
                    answered.append(answer.token.accessToken.text())
                }
            }
        }
        threads.forEach { $0.start() }
        while !threads.allSatisfy(\.isFinished) { usleep(1000) }
        #expect(answered.all.count == 16 && world.transport.requests.count == 8)
    }

    @Test("an expired assertion is refused before any request, but its user's token is held to the end")
    func expiredAssertion() throws {
        let client = try client()
        let assertion = OnBehalfOfTests.assertion("alice", expiresOn: 1_700_000_600)
        world.transport.expect(OnBehalfOfTests.answer("alice", ",\"refresh_in\":1000"))
        _ = try acquire(client, for: assertion)
        world.clock.advance(899)
        #expect(try acquire(client, for: assertion).source == .held)
        world.clock.advance(200)
        // To be renewed, which the assertion is too old for: no reason to fail.
        #expect(try acquire(client, for: assertion).source == .held)
        #expect(world.transport.requests.count == 1)
        let refused = #expect(throws: MSAuthError.self) {
            try acquire(client, for: assertion, [.resource: "https://vault.azure.net"])
        }
        #expect(refused?.status == .assertionRequired && refused?.message.contains("expired 499 seconds ago") == true)
        #expect(refused?.hint?.contains("new token") == true)
        // The service forgives a clock five minutes.
        world.transport.expect(OnBehalfOfTests.answer("bob"))
        let late = OnBehalfOfTests.assertion("bob", expiresOn: world.clock.wall - 299)
        #expect(try acquire(client, for: late).source == .signedIn)
    }

    @Test("what the service says of the assertion asks for a new one", arguments: [500133, 500131, 50013, 50027])
    func refusedAssertion(number: Int) throws {
        world.transport.expect(400, Answers.error("invalid_grant", ",\"error_codes\":[\(number)]"))
        let error = #expect(throws: MSAuthError.self) { try acquire(client(), for: "alices-token") }
        #expect(error?.status == .assertionRequired && error?.service?.aadsts == number)
        #expect(error?.hint?.contains("new token") == true)
    }

    @Test("what only the user can do goes back to the caller with its claims")
    func claimsChallenge() throws {
        let client = try client([.cae: "true"])
        world.transport.expect(
            400, Answers.error("invalid_grant", ",\"error_codes\":[50076],\"claims\":\"{\\\"a\\\":1}\""))
        let error = #expect(throws: MSAuthError.self) { try acquire(client, for: "alices-token") }
        #expect(error?.status == .interactionRequired && error?.service?.claims == "{\"a\":1}")
        #expect(world.transport.form(0)["claims"] == "{\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}}}")
    }

    @Test("claims go past a held token, and what they bring is held for that user alone")
    func claims() throws {
        let client = try client()
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        _ = try acquire(client, for: "a")
        world.transport.expect(Answers.token("stronger"))
        #expect(try acquire(client, for: "a", [.claims: "{\"x\":1}"]).token.accessToken.text() == "stronger")
        #expect(world.transport.form(1)["claims"] == "{\"x\":1}")
        let answer = try acquire(client, for: "a")
        #expect(answer.token.accessToken.text() == "stronger" && answer.source == .held)
        // Brought again, the challenge has its answer; for another user it has none.
        #expect(try acquire(client, for: "a", [.claims: "{\"x\":1}"]).source == .held)
        world.transport.expect(OnBehalfOfTests.answer("bob"))
        #expect(try acquire(client, for: "b", [.claims: "{\"x\":1}"]).source == .signedIn)
        // An answer that does not say who it is about belongs to nobody: a service principal's has no client_info.
        #expect(answer.account == nil && answer.value("username") == nil && answer.value("id_token") == nil)
    }

    @Test("without an assertion, or with what is none, there is a sentence")
    func wrongAssertions() throws {
        let client = try client()
        let missing = #expect(throws: MSAuthError.self) { try acquire(client, for: nil) }
        #expect(missing?.status == .assertionRequired && missing?.message.contains("\"user_assertion\"") == true)
        let bearer = #expect(throws: MSAuthError.self) { try acquire(client, for: "Bearer abc") }
        #expect(bearer?.status == .invalidArgument && bearer?.message.contains("Bearer") == true)
        // The application's own token must not pass for a user's.
        let other = Client(try Fixture.secretOptions, world.environment)
        world.transport.expect(Answers.token("application"))
        _ = try acquire(other, for: nil)
        let ignored = #expect(throws: MSAuthError.self) { try acquire(other, for: "alices-token") }
        #expect(ignored?.status == .invalidArgument && ignored?.message.contains("client_secret") == true)
    }

    @Test("a tenant for many, and an application without a credential, are refused before the assertion leaves")
    func refusedSettings() throws {
        for tenant in ["common", "organizations"] {
            let error = #expect(throws: MSAuthError.self) { try acquire(client([.tenant: tenant]), for: "t") }
            #expect(error?.status == .invalidArgument && error?.message.contains(tenant) == true)
        }
        var values = OnBehalfOfTests.values()
        values[.clientSecret] = nil
        let bare = try world.client(values)
        let error = #expect(throws: MSAuthError.self) { try acquire(bare, for: "t") }
        #expect(error?.status == .invalidArgument && error?.message.contains("\"client_certificate\"") == true)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("a certificate proves the application too")
    func certificate() throws {
        world.certificates.put("/key.pem", "good")
        var values = OnBehalfOfTests.values([.clientCertificate: "/key.pem"])
        values[.clientSecret] = nil
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        _ = try acquire(world.client(values), for: "alices-token")
        #expect(
            world.transport.form(0)["client_assertion"] != nil && world.transport.form(0)["assertion"] == "alices-token"
        )
    }

    @Test("a named connection keeps how to act, its credential, and nobody's token")
    func named() throws {
        let name = try ConnectionName("api")
        let options = try Fixture.options(OnBehalfOfTests.values([.userAssertion: "assertion-alice"]))
        let client = try world.client()
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        #expect(try client.connect(name, options, world.run())?.account?.username == "alice@contoso.com")
        let stored = try #require(try world.store.record("api"))
        #expect(stored.tokens.isEmpty && stored.account == nil && stored.refreshToken == nil && stored.idToken == nil)
        #expect(stored.credentials.keys.map(\.rawValue) == ["client_secret"] && !stored.isRenewable)
        #expect(try acquire(client, for: "assertion-alice", name: name).source == .held)
        world.transport.expect(OnBehalfOfTests.answer("bob"))
        #expect(try acquire(client, for: "assertion-bob", name: name).account?.username == "bob@contoso.com")
        // In another process the credential is there, and the tokens are not.
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        #expect(try acquire(world.client(), for: "assertion-alice", name: name).source == .signedIn)
        #expect(try world.store.record("api")?.generation == 1)
        // A connection that was disconnected elsewhere is gone for everybody.
        _ = try world.store.delete(name, Cancellation())
        #expect(status { _ = try acquire(client, for: "assertion-carol", name: name) } == .notFound)
    }

    @Test("a connection of one user never answers for another, whatever the client's default grant is")
    func foreignConnection() throws {
        let name = try ConnectionName("work")
        let devices = try world.client([.grant: "device_code"])
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("dora.token", uid: "dora"))
        let options = try Fixture.options([.clientID: Fixture.clientID, .tenant: "contoso.com"])
        _ = try devices.connect(name, options, world.run())
        // Its record does not say by which grant: the client that made it did.
        world.transport.expect(OnBehalfOfTests.answer("alice"))
        let answer = try acquire(client(), for: "assertion-alice", name: name)
        #expect(answer.token.accessToken.text() == "token.of.alice" && answer.account?.username == "alice@contoso.com")
        #expect(world.transport.form(2)["refresh_token"] == nil)
        #expect(try world.store.record("work")?.account?.homeAccountID == "dora.contoso")
    }

    @Test("a sign-in of the unnamed connection that fails leaves its tokens where they are")
    func failedSignIn() throws {
        let client = Client(try Fixture.secretOptions, world.environment)
        world.transport.expect(Answers.token("applications.token"))
        _ = try client.acquire(nil, Options(), world.run())
        world.transport.expect(Answers.device())
        world.transport.expect(400, Answers.error("access_denied"))
        #expect(status { _ = try client.connect(nil, Fixture.deviceOptions, world.run()) } == .denied)
        #expect(client.heldToken(nil, Options())?.token.accessToken.text() == "applications.token")
    }

    @Test("a new sign-in of the unnamed connection leaves the tokens of the one before behind, also those on their way")
    func replacedConnection() throws {
        let client = Client(try Fixture.secretOptions, world.environment)
        let device = try Fixture.deviceOptions
        let world = self.world
        world.transport.expect { [self] _ in
            // While the application's token is on its way, a user signs in.
            world.transport.expect(Answers.device())
            world.transport.expect(Answers.user("users.token"))
            _ = try? client.connect(nil, device, self.world.run())
            return .success(HTTPResponse(status: 200, body: Secret(Answers.token("applications.token"))))
        }
        #expect(try client.acquire(nil, Options(), world.run()).token.accessToken.text() == "applications.token")
        let answer = try client.acquire(nil, Options(), world.run())
        #expect(answer.token.accessToken.text() == "users.token" && answer.source == .held)
        try client.disconnect(nil, Options(), world.run())
        #expect(client.heldToken(nil, Options()) == nil)
    }
}
