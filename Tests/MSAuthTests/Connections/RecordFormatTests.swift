import Testing

@testable import MSAuth

@Suite struct RecordFormatTests {
    private func key(_ scopes: String = "s") -> TokenKey {
        TokenKey(authority: "https://a/t", clientID: "c", scopes: scopes, cae: true)
    }

    private func full() throws -> Record {
        var record = Record(settings: [.grant: "device_code", .clientID: "c"])
        record.generation = 7
        record.credentials = [.clientSecret: Secret("pä\"ss")]
        record.account = Account(homeAccountID: "u.t", username: "alice@contoso", name: "Alice", tenant: "t")
        record.refreshToken = Secret("rt")
        record.idToken = Secret("a.b.c")
        record.tokens[key()] = Token(
            accessToken: Secret("at"), tokenType: "Bearer", expiresOn: 2000, refreshOn: 1500, acquiredOn: 1000,
            grantedScopes: "g")
        let code = PendingDeviceCode(
            try DeviceAuthorization(HTTPResponse(status: 200, body: Secret(Answers.device()))))
        record.pending = PendingSignIn(
            settings: [.grant: "device_code", .clientID: "d"], way: .deviceCode(code), expiresOn: 1900, claims: "{}",
            expectedAccount: "u.t")
        record.gate = Gate(registration: "id@https://b/t", refusals: 3, refusedOn: 1000, nextRequestTime: 1008)
        return record
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        let text = try RecordFormat.write(full(), name: "work")
        let record = try RecordFormat.read(text)
        #expect(record.generation == 7)
        #expect(record.settings == [.grant: "device_code", .clientID: "c"])
        #expect(record.credentials[.clientSecret]?.text() == "pä\"ss")
        #expect(record.account == Account(homeAccountID: "u.t", username: "alice@contoso", name: "Alice", tenant: "t"))
        #expect(record.refreshToken?.text() == "rt" && record.idToken?.text() == "a.b.c")
        let token = try #require(record.tokens[key()])
        #expect(token.accessToken.text() == "at" && token.expiresOn == 2000 && token.refreshOn == 1500)
        #expect(token.acquiredOn == 1000 && token.grantedScopes == "g")
        let pending = try #require(record.pending)
        #expect(
            pending.deviceCode?.deviceCode.text() == "DEVICE" && pending.expiresOn == 1900
                && pending.settings[.clientID] == "d")
        #expect(pending.claims == "{}" && pending.expectedAccount == "u.t" && pending.deviceCode?.interval == 5)
        #expect(
            record.gate == Gate(registration: "id@https://b/t", refusals: 3, refusedOn: 1000, nextRequestTime: 1008))
        #expect(JSON(text)?["name"]?.string == "work")
    }

    @Test("a sign-in that waits for its redirect is read back, with what it is bound to")
    func authorization() throws {
        var record = Record()
        let request = AuthorizationRequest(
            issuer: "https://login.microsoftonline.com/t", clientID: "c", redirectURI: "https://app/", scopes: "s",
            state: Secret("state"), nonce: "nonce", verifier: Secret("verifier"))
        record.pending = PendingSignIn(
            settings: [.clientID: "c"], credentials: [.clientSecret: Secret("secret")], way: .authorization(request),
            expiresOn: 1900, claims: nil, expectedAccount: nil)
        let pending = try RecordFormat.read(RecordFormat.write(record, name: "work")).pending
        let found = try #require(pending?.authorization)
        #expect(pending?.credentials[.clientSecret]?.text() == "secret" && pending?.expiresOn == 1900)
        #expect(found.issuer == request.issuer && found.clientID == "c" && found.redirectURI == "https://app/")
        #expect(found.scopes == "s" && found.state.text() == "state" && found.nonce == "nonce")
        #expect(found.verifier.text() == "verifier")
    }

    @Test("a consent that is waited for is read back, and so is the challenge that a token answers")
    func adminConsent() throws {
        var record = try full()
        record.tokens[key()]?.challenge = "hash"
        let request = AdminConsentRequest(
            issuer: "https://login.microsoftonline.com/organizations", clientID: "c", redirectURI: "https://app/",
            state: Secret("state"))
        record.pending = PendingSignIn(
            settings: [.clientID: "c"], way: .adminConsent(request), expiresOn: 1900, claims: nil,
            expectedAccount: nil)
        let read = try RecordFormat.read(RecordFormat.write(record, name: "work"))
        let found = try #require(read.pending?.adminConsent)
        #expect(found.issuer == request.issuer && found.clientID == "c" && found.redirectURI == "https://app/")
        #expect(found.state.text() == "state" && read.tokens[key()]?.challenge == "hash")
    }

    @Test("members of a later release survive a rewrite")
    func unknown() throws {
        let text =
            "{\"version\":1,\"generation\":1,\"settings\":{\"grant\":\"device_code\",\"new_option\":\"x\"},\"later\":{\"a\":[1,2.5,null,true]}}"
        let rewritten = try RecordFormat.write(RecordFormat.read(Secret(text)), name: "w")
        #expect(JSON(rewritten)?["later"] == JSON(Secret("{\"a\":[1,2.5,null,true]}")))
        #expect(JSON(rewritten)?["settings"]?["new_option"]?.string == "x")
    }

    @Test("what only a later release understands survives: a token with more to its key, a credential, a sign-in")
    func later() throws {
        let text =
            "{\"version\":1,\"generation\":9223372036854775807,\"credentials\":{\"new_key\":{\"a\":1}},"
            + "\"tokens\":[{\"authority\":\"a\",\"client_id\":\"c\",\"scopes\":\"s\",\"access_token\":\"bobs\","
            + "\"expires_on\":99999999999,\"acquired_on\":1,\"user_assertion\":\"bob\"}],"
            + "\"pending\":{\"grant\":\"interactive\",\"state\":\"x\"}}"
        var record = try RecordFormat.read(Secret(text))
        #expect(record.tokens.isEmpty && record.pending == nil)
        record.generation += 1
        let rewritten = JSON(try RecordFormat.write(record, name: "w"))
        #expect(rewritten?["tokens"]?.array?.first?["user_assertion"]?.string == "bob")
        #expect(rewritten?["credentials"]?["new_key"] == .object(["a": .integer(1)]))
        #expect(rewritten?["pending"]?["state"]?.string == "x")
    }

    @Test(
        "a record that cannot be read is corrupt, and so is one of a later format",
        arguments: ["", "{", "[]", "{}", "{\"version\":2}", "{\"version\":\"x\"}", "\u{0}", "{\"version\":1"])
    func corrupt(_ text: String) { #expect(status { _ = try RecordFormat.read(Secret(text)) } == .storeCorrupt) }

    @Test("numbers that would overflow, and members of the wrong kind, are left out")
    func hostile() throws {
        let record = try RecordFormat.read(
            Secret(
                "{\"version\":1,\"generation\":-5,\"settings\":[],\"refresh_token\":3,\"account\":{},\"pending\":{},"
                    + "\"tokens\":[{\"authority\":\"a\",\"client_id\":\"c\",\"scopes\":\"s\",\"access_token\":\"t\","
                    + "\"expires_on\":9223372036854775807,\"acquired_on\":1}, 5, null]}"))
        #expect(record.generation == 0 && record.tokens.isEmpty && record.refreshToken == nil && record.account == nil)
    }

    @Test("a record that is too long loses its oldest tokens first")
    func bounded() throws {
        var record = try full()
        for number in 0..<400 {
            record.tokens[key("s\(number)")] = Token(
                accessToken: Secret(String(repeating: "x", count: 1500)), tokenType: "Bearer", expiresOn: 90000,
                refreshOn: nil, acquiredOn: 1000 + number, grantedScopes: nil)
        }
        let text = try RecordFormat.write(record, name: "w")
        #expect(text.count <= Record.maxBytes)
        let read = try RecordFormat.read(text)
        #expect(read.tokens[key("s399")] != nil && read.tokens[key("s0")] == nil)
        #expect(read.refreshToken != nil)
    }

    @Test("expired tokens and sign-ins go at every write, and never more than a thousand stay")
    func pruned() throws {
        var record = try full()
        for number in 0..<1500 {
            record.tokens[key("s\(number)")] = Token(
                accessToken: Secret("x"), tokenType: "Bearer", expiresOn: 3000, refreshOn: nil, acquiredOn: 1000,
                grantedScopes: nil)
        }
        record.prune(now: 2500)
        #expect(record.tokens.count == 1000 && record.tokens[key()] == nil && record.pending == nil)
    }
}
