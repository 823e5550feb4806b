import Testing

@testable import MSAuth

@Suite struct AuthorizationCodeTests {
    private let world = Fixture()
    private let name: ConnectionName

    init() throws { name = try ConnectionName("work") }

    /// Begins a sign-in and gives the prompt's fields, and what the address asks.
    private func begin(_ more: [OptionName: String] = [:], secret: String? = nil) throws -> (
        prompt: [String: String], asked: Parameters
    ) {
        var options = try Fixture.browserOptions(.authorizationCode, more)
        if let secret { try options.set("client_secret", Secret(secret)) }
        return try begin(options)
    }

    private func begin(_ options: Options) throws -> (prompt: [String: String], asked: Parameters) {
        let prompts = Collected<Prompt>()
        #expect(try world.client().connect(name, options, world.run(prompts: prompts)) == nil)
        let prompt = Dictionary(try #require(prompts.all.first).fields, uniquingKeysWith: { $1 })
        let address = try #require(prompt["authorization_url"])
        return (prompt, try #require(Parameters(address.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())))
    }

    private func resume(_ redirect: String, _ more: [OptionName: String] = [:]) throws -> TokenAnswer {
        try world.client().resume(name, Fixture.options(more.merging([.redirect: redirect]) { $1 }), world.run())
    }

    private func expectToken(_ asked: Parameters, username: String = "alice@contoso.com") {
        world.transport.expect(Answers.page(nonce: asked.text("nonce") ?? "", username: username))
    }

    @Test("the address asks for a code, for an ID token of this sign-in, and by PKCE")
    func address() throws {
        let (prompt, asked) = try begin([
            .prompt: "select_account", .loginHint: "alice@contoso.com", .domainHint: "contoso.com",
            .responseMode: "form_post", .claims: "{\"a\":1}", .scopes: "User.Read Mail.Read",
        ])
        #expect(
            prompt["authorization_url"]?.hasPrefix(
                "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id=") == true)
        #expect(asked.text("response_type") == "code" && asked.text("client_id") == Fixture.clientID)
        #expect(asked.text("redirect_uri") == "https://app.contoso.com/signed-in")
        #expect(asked.text("scope") == "Mail.Read User.Read offline_access openid profile")
        #expect(asked.text("state") == prompt["state"] && asked.text("nonce") != asked.text("state"))
        #expect(asked.text("code_challenge_method") == "S256" && asked.text("response_mode") == "form_post")
        #expect(asked.text("prompt") == "select_account" && asked.text("login_hint") == "alice@contoso.com")
        #expect(asked.text("domain_hint") == "contoso.com" && asked.text("claims") == "{\"a\":1}")
        #expect(prompt["expires_on"] == String(world.clock.wall + 3600))
        #expect(prompt["message"]?.contains(try #require(prompt["authorization_url"])) == true)
        #expect(world.transport.requests.isEmpty, "an address costs no request")
    }

    @Test("what is said beside the grant may only name the redirect_uri that the sign-in needs")
    func required() throws {
        let options = try Fixture.options([.grant: "authorization_code", .clientID: Fixture.clientID])
        let error = #expect(throws: MSAuthError.self) { try world.client().connect(name, options, world.run()) }
        #expect(error?.status == .invalidArgument && error?.message.contains("\"redirect_uri\"") == true)
    }

    @Test(
        "the redirect is taken as the whole address, its query, the form, or the code alone",
        arguments: [
            "https://app.contoso.com/signed-in?code=CODE&state=STATE&session_state=x",
            "HTTPS://App.Contoso.com:443/signed-in?state=STATE&code=CODE#", "?code=CODE&state=STATE",
            "code=CODE&state=STATE", "state=STATE&iss=https%3A%2F%2Flogin.microsoftonline.com%2Ft%2Fv2.0&code=CODE",
            "CODE",
        ])
    func forms(_ redirect: String) throws {
        let (prompt, asked) = try begin()
        expectToken(asked)
        let answer = try resume(redirect.replacing("STATE", with: try #require(prompt["state"])))
        #expect(answer.account?.username == "alice@contoso.com" && answer.source == .signedIn)
        let form = world.transport.form(0)
        #expect(form["grant_type"] == "authorization_code" && form["code"] == "CODE" && form["client_info"] == "1")
        #expect(form["redirect_uri"] == "https://app.contoso.com/signed-in" && form["client_secret"] == nil)
        let verifier = Secret(try #require(form["code_verifier"]))
        #expect(verifier.count == 43)
        #expect(try asked.text("code_challenge") == ProofKey(verifier: verifier).challenge(FakeCrypto()))
        #expect(try world.store.record("work")?.pending == nil)
        #expect(try world.client().acquire(name, Options(), world.run()).token.accessToken.text() == "access.token.1")
    }

    @Test(
        "a redirect that is not this sign-in's is refused, and the sign-in waits on",
        arguments: [
            "https://app.contoso.com/signed-in?code=CODE&state=other", "code=CODE", "error=access_denied",
            "error=access_denied&state=other", "https://evil.example/signed-in?code=CODE&state=STATE",
            "http://app.contoso.com/signed-in?code=CODE&state=STATE",
            "https://app.contoso.com:444/signed-in?code=CODE&state=STATE",
            "https://app.contoso.com/other?code=CODE&state=STATE",
            "https://app.contoso.com/signed-in/?code=CODE&state=STATE",
            "https://app.contoso.com@evil.example/signed-in?code=CODE&state=STATE",
            "https://evil@app.contoso.com/signed-in?code=CODE&state=STATE",
            "https://app.contoso.com/signed-in#code=CODE&state=STATE", "code=CODE&code=OTHER&state=STATE",
            "code=CODE&state=STATE&state=STATE", "code=CODE&state=STATE&co%64e=OTHER", "code=%zz&state=STATE",
            "code=%ff&state=STATE", "state=STATE", "code=&state=STATE",
            "code=CODE&state=STATE&iss=https%3A%2F%2Fevil.example%2Ft%2Fv2.0",
            "code=CODE&state=STATE&x=" + String(repeating: "y", count: 65500),
        ])
    func refused(_ redirect: String) throws {
        let (prompt, asked) = try begin()
        let state = try #require(prompt["state"])
        let wrong = try #require(status { _ = try resume(redirect.replacing("STATE", with: state)) })
        #expect(wrong == (redirect.utf8.count > 65500 ? .invalidArgument : .untrusted))
        #expect(world.transport.requests.isEmpty)
        expectToken(asked)
        #expect(try resume("code=CODE&state=\(state)").account?.username == "alice@contoso.com")
    }

    @Test("a refusal of the service ends the sign-in")
    func denied() throws {
        let (prompt, _) = try begin()
        let redirect = "error=access_denied&error_description=AADSTS65004%3A+declined&state=\(prompt["state"] ?? "")"
        let error = #expect(throws: MSAuthError.self) { try resume(redirect) }
        #expect(error?.status == .denied && error?.service?.aadsts == 65004 && error?.service?.httpStatus == nil)
        #expect(try world.store.record("work") == nil)
        #expect(status { _ = try resume(redirect) } == .notFound)
    }

    @Test("a code is claimed before it is redeemed: it is tried once")
    func claimed() throws {
        let (prompt, _) = try begin()
        world.transport.expect { [world] _ in
            #expect(try! world.store.record("work") == nil, "somebody else may not try it meanwhile")
            return .failure(MSAuthError(.network, "gone"))
        }
        let redirect = "code=CODE&state=\(prompt["state"] ?? "")"
        #expect(status { _ = try resume(redirect) } == .network)
        #expect(status { _ = try resume(redirect) } == .notFound)
    }

    @Test(
        "an ID token of another sign-in is refused, and so is none",
        arguments: [Answers.page(nonce: "other"), Answers.user()])
    func nonce(_ answer: String) throws {
        let (prompt, _) = try begin()
        world.transport.expect(answer)
        #expect(status { _ = try resume("code=CODE&state=\(prompt["state"] ?? "")") } == .untrusted)
        #expect(try world.store.record("work") == nil)
    }

    @Test("a sign-in that took too long has expired")
    func expired() throws {
        let (prompt, _) = try begin()
        world.clock.advance(3601)
        #expect(status { _ = try resume("code=CODE&state=\(prompt["state"] ?? "")") } == .expired)
    }

    @Test("a web application proves itself by its secret, which waits in the store with the sign-in")
    func confidential() throws {
        let (prompt, asked) = try begin(secret: "s3cret-value")
        expectToken(asked)
        _ = try resume("code=CODE&state=\(prompt["state"] ?? "")")
        #expect(world.transport.form(0)["client_secret"] == "s3cret-value")
        world.transport.expect(Answers.user("access.token.2"))
        _ = try world.client().acquire(name, Fixture.options([.refresh: "true"]), world.run())
        #expect(world.transport.form(1)["client_secret"] == "s3cret-value")
    }

    @Test("a secret that is not kept is given again at resume")
    func secretNotKept() throws {
        let (prompt, asked) = try begin([.keepCredentials: "false"], secret: "s3cret-value")
        #expect(try world.store.record("work")?.pending?.credentials.isEmpty == true)
        expectToken(asked)
        _ = try resume("code=CODE&state=\(prompt["state"] ?? "")", [.clientSecret: "s3cret-value"])
        #expect(world.transport.form(0)["client_secret"] == "s3cret-value")
        #expect(try world.store.record("work")?.credentials.isEmpty == true)
    }

    @Test("a sign-in that another process ended while the redirect was read spends no code")
    func endedMeanwhile() throws {
        let (prompt, _) = try begin()
        world.store.afterNextRead { [world] in
            let other = try? begin()
            #expect(other != nil && world.transport.requests.isEmpty)
        }
        #expect(status { _ = try resume("code=CODE&state=\(prompt["state"] ?? "")") } == .notFound)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("a web application may prove itself by a certificate as well")
    func certificate() throws {
        world.certificates.put("/app.pem", "certificate")
        let (prompt, asked) = try begin([.clientCertificate: "/app.pem"])
        expectToken(asked)
        _ = try resume("code=CODE&state=\(prompt["state"] ?? "")")
        let form = world.transport.form(0)
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        #expect(form["client_assertion"] != nil && form["client_secret"] == nil)
    }

    @Test("a nearer credential takes the place of another kind; two in one place are a mistake")
    func credentials() throws {
        world.certificates.put("/app.pem", "certificate")
        let (prompt, asked) = try begin([.clientCertificate: "/app.pem"])
        expectToken(asked)
        _ = try resume("code=CODE&state=\(prompt["state"] ?? "")", [.clientSecret: "s3cret-value"])
        #expect(world.transport.form(0)["client_secret"] == "s3cret-value")
        #expect(
            status { _ = try begin([.clientCertificate: "/app.pem"], secret: "s3cret-value") } == .invalidArgument)
    }

    @Test("connect without a grant begins the same sign-in again, for the same person")
    func again() throws {
        let (prompt, asked) = try begin()
        expectToken(asked)
        _ = try resume("code=CODE&state=\(prompt["state"] ?? "")")
        let (second, askedAgain) = try begin(Options())
        #expect(askedAgain.text("redirect_uri") == asked.text("redirect_uri"))
        #expect(askedAgain.text("login_hint") == "alice@contoso.com")
        #expect(askedAgain.text("state") != asked.text("state"))
        expectToken(askedAgain, username: "bob@contoso.com")
        #expect(status { _ = try resume("code=CODE&state=\(second["state"] ?? "")") } == .account)
        #expect(try world.store.record("work")?.account?.username == "alice@contoso.com")
    }

    @Test("one that never got beyond its first sign-in begins again with the secret that it was to keep")
    func pendingAgain() throws {
        _ = try begin(secret: "s3cret-value")
        let (_, asked) = try begin(Options())
        expectToken(asked)
        _ = try resume("code=CODE&state=\(try #require(asked.text("state")))")
        #expect(world.transport.form(0)["client_secret"] == "s3cret-value")
        #expect(try world.store.record("work")?.credentials[.clientSecret]?.text() == "s3cret-value")
    }

    @Test("a client of another tenant does not finish it")
    func otherAuthority() throws {
        let options = try Fixture.options([
            .grant: "authorization_code", .clientID: Fixture.clientID, .redirectURI: "https://app.contoso.com/",
        ])
        let prompts = Collected<Prompt>()
        _ = try world.client([.tenant: "contoso.com"]).connect(name, options, world.run(prompts: prompts))
        let state = try #require(prompts.all[0].fields.first { $0.name == "state" }?.value)
        let redirect = try Fixture.options([.redirect: "code=CODE&state=\(state)"])
        #expect(
            status { _ = try world.client([.tenant: "fabrikam.com"]).resume(name, redirect, world.run()) }
                == .configuration)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("a sign-in by device code takes no redirect, and this one needs it")
    func otherWay() throws {
        _ = try begin()
        #expect(status { _ = try world.client().resume(name, Options(), world.run()) } == .invalidArgument)
        world.transport.expect(Answers.device())
        var options = try Fixture.deviceOptions
        try options.set(.wait, "false")
        _ = try world.client().connect(name, options, world.run())
        #expect(status { _ = try resume("code=CODE&state=x") } == .invalidArgument)
    }

    @Test("what is not decoded without doubt is no parameter list", arguments: ["a=1&a=2", "a=%", "a=%1", "%ff=1"])
    func parameters(_ text: String) { #expect(Parameters(text.utf8) == nil) }

    @Test(
        "a redirect_uri is https, a scheme of one's own, or http on this machine",
        arguments: [
            ("https://app.contoso.com", true), ("msauth.app://signed-in", true), ("http://localhost:8400/x", true),
            ("http://127.0.0.1", true), ("http://[::1]:1/", true), ("http://app.contoso.com", false),
            ("https://a@app.contoso.com", false), ("https://app.contoso.com/#x", false), ("app.contoso.com", false),
            ("https://", false), ("https://a:70000", false), ("https://a b", false), ("https://a\\b", false),
        ])
    func redirectURI(_ text: String, _ isTaken: Bool) { #expect((RedirectURI(text) != nil) == isTaken) }
}
