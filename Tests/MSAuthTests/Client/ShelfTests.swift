import Testing

@testable import MSAuth

@Suite struct ShelfTests {
    private let world = Fixture()
    private let name = try! ConnectionName("ci")
    private let gone = MSAuthError(.storeUnavailable, "gone", hint: "do this")

    private func acquire(_ client: Client, _ values: [OptionName: String] = [:]) throws -> TokenAnswer {
        try client.acquire(name, Fixture.options(values), world.run())
    }

    @Test("a sign-in whose store died meanwhile is held by this client, and kept once the store is back")
    func diedMeanwhile() throws {
        let client = try world.client()
        world.transport.expect { [world, gone] _ in
            world.store.refuseReads(gone)
            return .success(HTTPResponse(status: 200, headers: [:], body: Secret(Answers.token("held.here"))))
        }
        let error = #expect(throws: MSAuthError.self) { try client.connect(name, Fixture.secretOptions, world.run()) }
        #expect(error?.status == .notKept && error?.hint == "do this")
        #expect(try acquire(client).warning?.contains("gone") == true)
        world.store.refuseReads(nil)
        world.clock.advance(60)
        let answer = try acquire(client)
        #expect(answer.token.accessToken.text() == "held.here" && answer.warning == nil)
        #expect(try world.store.record("ci")?.tokens.count == 1)
    }

    @Test("a store that still refuses is asked once a minute, and its reason told again")
    func stillRefuses() throws {
        let client = try world.client()
        world.store.refuseWrites(gone)
        world.transport.expect(Answers.token("held.here"))
        #expect(status { _ = try client.connect(name, Fixture.secretOptions, world.run()) } == .notKept)
        world.clock.advance(60)
        world.store.refuseWrites(MSAuthError(.storeLocked, "locked now"))
        #expect(try acquire(client).warning?.contains("locked now") == true)
    }

    @Test("a record of a later release is told apart from one that is broken")
    func laterRelease() throws {
        try world.store.put("ci", "{\"version\":1,\"generation\":1,\"settings\":{\"grant\":\"telepathy\"}}")
        let error = #expect(throws: MSAuthError.self) { try acquire(world.client()) }
        #expect(error?.status == .unsupported && error?.message.contains("telepathy") == true)
        try world.store.put(
            "ci",
            "{\"version\":1,\"generation\":1,\"settings\":{\"grant\":\"device_code\",\"client_id\":\"c\","
                + "\"service\":\"holodeck\"}}")
        let service = #expect(throws: MSAuthError.self) { try acquire(world.client()) }
        #expect(service?.status == .unsupported && service?.message.contains("holodeck") == true)
    }

    @Test("a connection that keeps nothing to sign in with says how to")
    func nothingKept() throws {
        try world.store.put(
            "ci",
            "{\"version\":1,\"generation\":1,\"settings\":{\"grant\":\"device_code\",\"client_id\":\"c\"}}")
        let error = #expect(throws: MSAuthError.self) { try acquire(world.client()) }
        #expect(error?.status == .interactionRequired && error?.message.contains("\"ci\"") == true)
        #expect(error?.hint == "Sign in with connect.")
    }

    @Test("a record that is longer than a keyring takes is refused with its length, and this client holds it")
    func tooLong() throws {
        let client = try world.client()
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("held.here", refresh: String(repeating: "r", count: 300_000)))
        let error = #expect(throws: MSAuthError.self) {
            try client.connect(name, Fixture.deviceOptions, world.run())
        }
        #expect(error?.status == .notKept && error?.message.contains("256 KiB") == true)
        #expect(try acquire(client).token.accessToken.text() == "held.here")
    }

    @Test("a failed sign-in that the store will not forget is told by its own reason")
    func notForgotten() throws {
        let client = try world.client()
        world.transport.expect(Answers.token("old"))
        _ = try client.connect(name, Fixture.secretOptions, world.run())
        world.transport.expect(Answers.device())
        world.transport.expect { [world, gone] _ in
            world.store.refuseWrites(gone)
            return .success(HTTPResponse(status: 400, headers: [:], body: Secret(Answers.error("access_denied"))))
        }
        #expect(status { _ = try client.connect(name, Fixture.deviceOptions, world.run()) } == .denied)
        #expect(world.log.lines.all.contains { $0.contains("stays in the store") })
    }

    @Test("a name that another program gave its item is listed with what is wrong")
    func foreignName() throws {
        var environment = world.environment
        environment.store = ForeignStore()
        let run = Run(environment, Options(), cancellation: Cancellation(), show: { _ in })
        let summary = try #require(try Client(Options(), environment).list(nil, run).first)
        #expect(summary.fields["problem"]?.contains("another program made it") == true)
    }
}

/// A keyring in which another program has made an item of a name that is none of ours.
private final class ForeignStore: Store {
    let name = "foreign"
    let isPersistent = true

    func read(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> [Secret] { [] }
    func write(_ name: ConnectionName, _ record: Secret, _ cancellation: Cancellation) throws(MSAuthError) {}
    func delete(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> Bool { false }
    func setAside(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) {}

    func list(_ cancellation: Cancellation) throws(MSAuthError) -> [StoredConnection] {
        [StoredConnection(name: "a\nb", records: [])]
    }
}
