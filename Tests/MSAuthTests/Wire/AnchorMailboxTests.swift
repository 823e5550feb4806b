import Testing

@testable import MSAuth

@Suite struct AnchorMailboxTests {
    @Test("an account of Entra's is named by its IDs")
    func account() {
        #expect(AnchorMailbox.value(homeAccountID: "c0de-1.c0de-2") == "Oid:c0de-1@c0de-2")
    }

    @Test(
        "an ID of another making names nobody",
        arguments: ["", "subject", "a.", ".b", "a.b.c", "a.b\r\nX: y", "ä.b", "a b.c"])
    func foreign(_ id: String) { #expect(AnchorMailbox.value(homeAccountID: id) == nil) }

    @Test("a user name is passed on when a header can carry it")
    func username() {
        #expect(AnchorMailbox.value(username: "alice@contoso.com") == "upn:alice@contoso.com")
        for name in ["", "älice@contoso.com", "a\r\nb", String(repeating: "a", count: 321)] {
            #expect(AnchorMailbox.value(username: name) == nil)
        }
    }
}

@Suite struct AnchorMailboxRequestTests {
    private func identity(_ tenant: String) throws -> ClientIdentity {
        try identity([.tenant: tenant])
    }

    private func identity(_ values: [OptionName: String]) throws -> ClientIdentity {
        let options = try Fixture.options(values.merging([.clientID: "app"]) { $1 })
        return try ClientIdentity(Settings(call: options, client: Options()), .deviceCode)
    }

    private func sent(_ request: TokenRequest) -> [String] { request.headers.map { "\($0.name): \($0.value)" } }

    @Test("a refresh token is sent with its account, a password with its user, and nothing else is")
    func requests() throws {
        let entra = try identity("contoso.com")
        let alice = Account(homeAccountID: "u.t")
        let refresh = TokenRequest.refresh(entra, Secret("r"), Scopes("s"), claims: nil, account: alice)
        #expect(sent(refresh) == ["X-AnchorMailbox: Oid:u@t"])
        #expect(sent(.refresh(entra, Secret("r"), Scopes("s"), claims: nil)).isEmpty)
        #expect(sent(.clientCredentials(entra, Scopes("s"), claims: nil)).isEmpty)
        var password = TokenRequest.clientCredentials(entra, Scopes("s"), claims: nil)
        password.form.add("username", "alice@contoso.com")
        #expect(sent(password) == ["X-AnchorMailbox: upn:alice@contoso.com"])
    }

    @Test("only Entra has a use for it")
    func elsewhere() throws {
        let alice = Account(homeAccountID: "u.t")
        let adfs = try identity([.authority: "https://fs.contoso.com/adfs", .resource: "r"])
        #expect(sent(.refresh(adfs, Secret("r"), Scopes("s"), claims: nil, account: alice)).isEmpty)
    }
}

@Suite struct ClientInfoTests {
    @Test("who signed in is read from client_info")
    func read() { #expect(ClientInfo(Answers.encode("{\"uid\":\"u\",\"utid\":\"t\"}"))?.homeAccountID == "u.t") }

    @Test(
        "what is no client_info says nothing",
        arguments: [
            "", "!", "e30", "W10", Answers.encode("{\"uid\":\"u\"}"), Answers.encode("{\"uid\":1,\"utid\":\"t\"}"),
        ])
    func refused(_ text: String) { #expect(ClientInfo(text) == nil) }
}
