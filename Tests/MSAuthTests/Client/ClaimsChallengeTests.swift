import Testing

@testable import MSAuth

@Suite struct ClaimsChallengeTests {
    private let world = Fixture()
    private let name = try! ConnectionName("work")
    private let challenge = "{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1604106651\"}}}"

    private func connected(_ more: [OptionName: String] = [:]) throws -> Client {
        let client = try world.client(more)
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("first"))
        _ = try client.connect(name, Fixture.deviceOptions, world.run())
        return client
    }

    private func acquire(_ client: Client, _ values: [OptionName: String]) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        if let held = client.heldToken(name, options) { return held }
        return try client.acquire(name, options, world.run(options))
    }

    @Test("a challenge forces one new token; brought again, that one is the answer, in every process")
    func once() throws {
        let client = try connected()
        world.transport.expect(Answers.user("second"))
        #expect(try acquire(client, [.claims: challenge]).source == .refreshed)
        #expect(world.transport.form(2)["claims"] == challenge)
        #expect(try acquire(client, [.claims: challenge]).source == .held)
        #expect(client.heldToken(name, try Fixture.options([.claims: challenge])) != nil)
        #expect(try acquire(world.client(), [.claims: challenge]).token.accessToken.text() == "second")
        #expect(world.transport.requests.count == 3)
    }

    @Test("another challenge forces another one, and so does refresh")
    func another() throws {
        let client = try connected()
        world.transport.expect(Answers.user("second"))
        _ = try acquire(client, [.claims: challenge])
        world.transport.expect(Answers.user("third"))
        #expect(try acquire(client, [.claims: "{\"access_token\":{}}"]).token.accessToken.text() == "third")
        world.transport.expect(Answers.user("fourth"))
        #expect(
            try acquire(client, [.claims: challenge, .refresh: "true"]).token.accessToken.text() == "fourth")
        #expect(try acquire(client, [.claims: challenge]).source == .held)
    }

    @Test("a token that was renewed without the challenge is no answer to it")
    func renewed() throws {
        let client = try connected()
        world.transport.expect(Answers.user("second"))
        _ = try acquire(client, [.claims: challenge])
        world.transport.expect(Answers.user("third"))
        _ = try acquire(client, [.refresh: "true"])
        #expect(world.transport.form(3)["claims"] == nil)
        world.transport.expect(Answers.user("fourth"))
        #expect(try acquire(client, [.claims: challenge]).token.accessToken.text() == "fourth")
    }

    @Test("the challenge goes along with the capability, in a sign-in too")
    func capability() throws {
        let client = try connected([.cae: "true"])
        #expect(world.transport.form(1)["claims"] == "{\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}}}")
        world.transport.expect(Answers.user("second"))
        _ = try acquire(client, [.claims: challenge])
        let claims = JSON(Secret(try #require(world.transport.form(2)["claims"])))?["access_token"]
        #expect(claims?["nbf"]?["value"]?.string == "1604106651")
        #expect(claims?["xms_cc"]?["values"]?.array == [.string("cp1")])
    }
}
