import Testing

@testable import MSAuth

@Suite struct AdminConsentTests {
    private let world = Fixture()
    private let name = try! ConnectionName("acme")
    private static let tenant = "c0de0000-0000-4000-8000-000000000002"
    private static let redirectURI = "https://app.contoso.com/onboarded"

    private func begin(_ more: [OptionName: String] = [:]) throws -> (prompt: [String: String], asked: Parameters) {
        var options = try Fixture.secretOptions
        try options.set(.tenant, "organizations")
        try options.set(.adminConsent, "true")
        try options.set(.redirectURI, AdminConsentTests.redirectURI)
        for (name, value) in more { try options.set(name, value) }
        let prompts = Collected<Prompt>()
        #expect(try world.client().connect(name, options, world.run(prompts: prompts)) == nil)
        let prompt = Dictionary(try #require(prompts.all.first).fields, uniquingKeysWith: { $1 })
        let address = try #require(prompt["authorization_url"])
        return (prompt, try #require(Parameters(address.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())))
    }

    private func resume(_ redirect: String) throws -> TokenAnswer {
        try world.client().resume(name, Fixture.options([.redirect: redirect]), world.run())
    }

    private func granted(_ prompt: [String: String], tenant: String = tenant) -> String {
        "\(AdminConsentTests.redirectURI)?admin_consent=True&tenant=\(tenant)&state=\(prompt["state"] ?? "")&scope=x"
    }

    @Test("the address asks for consent to what the token is for, and costs no request")
    func address() throws {
        let (prompt, asked) = try begin([.service: "graph"])
        #expect(
            prompt["authorization_url"]?.hasPrefix(
                "https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id=") == true)
        #expect(
            asked.text("client_id") == Fixture.clientID && asked.text("redirect_uri") == AdminConsentTests.redirectURI)
        #expect(asked.text("scope") == "https://graph.microsoft.com/.default")
        #expect(asked.text("state") == prompt["state"] && asked.text("response_type") == nil)
        #expect(prompt["expires_on"] == String(world.clock.wall + 7 * 86400))
        let shown = try #require(prompt["authorization_url"])
        #expect(prompt["message"]?.contains(shown) == true)
        #expect(world.transport.requests.isEmpty)
        #expect(try world.store.record("acme")?.pending?.adminConsent != nil)
    }

    @Test("the application signs in to the tenant whose administrator consented, and goes on by itself")
    func onboarded() throws {
        let (prompt, _) = try begin()
        world.clock.advance(86400)
        world.transport.expect(Answers.token("first"))
        let answer = try resume(granted(prompt, tenant: AdminConsentTests.tenant.uppercased()))
        #expect(answer.token.accessToken.text() == "first" && answer.source == .signedIn)
        #expect(answer.value("tenant")?.text() == AdminConsentTests.tenant)
        #expect(
            world.transport.requests[0].url
                == "https://login.microsoftonline.com/\(AdminConsentTests.tenant)/oauth2/v2.0/token")
        #expect(world.transport.form(0)["grant_type"] == "client_credentials")
        let record = try #require(try world.store.record("acme"))
        #expect(record.settings[.tenant] == AdminConsentTests.tenant && record.settings[.adminConsent] == nil)
        #expect(record.pending == nil && record.credentials[.clientSecret]?.text() == "s3cret-value")
        world.transport.expect(Answers.token("second"))
        let options = try Fixture.options([.refresh: "true"])
        #expect(try world.client().acquire(name, options, world.run()).token.accessToken.text() == "second")
        #expect(status { _ = try resume(granted(prompt)) } == .notFound)
    }

    @Test("also by certificate, which is read before anybody is asked")
    func certificate() throws {
        world.certificates.put("/c.pem", "contoso")
        let certificate: [OptionName: String] = [.grant: "certificate", .clientCertificate: "/c.pem"]
        let (prompt, _) = try begin(certificate)
        world.transport.expect(Answers.token("first"))
        _ = try resume(granted(prompt))
        #expect(world.transport.form(0)["client_assertion"] != nil)
        #expect(status { _ = try begin([.grant: "certificate", .clientCertificate: "/none.pem"]) } == .invalidArgument)
        world.certificates.put("/bad.pem", "nonsense")
        #expect(status { _ = try begin([.grant: "certificate", .clientCertificate: "/bad.pem"]) } == .unusableKey)
    }

    @Test("also by an assertion of somebody else's, whose source is named before anybody is asked")
    func federated() throws {
        #expect(
            status { _ = try begin([.grant: "federated", .assertionFile: "/a", .assertionVariable: "A"]) }
                == .invalidArgument)
        world.machine.put("/token", .success("e30.e30.c2ln"))
        let (prompt, _) = try begin([.grant: "federated", .assertionFile: "/token"])
        world.transport.expect(Answers.token("first"))
        _ = try resume(granted(prompt))
        #expect(world.transport.form(0)["client_assertion"] == "e30.e30.c2ln")
    }

    @Test(
        "an answer that is not this one's is refused, and the sign-in waits on",
        arguments: [
            "admin_consent=True&tenant=TENANT", "admin_consent=True&tenant=TENANT&state=other",
            "error=access_denied", "error=access_denied&state=other", "STATE", "state=STATE",
            "admin_consent=False&tenant=TENANT&state=STATE", "tenant=TENANT&state=STATE",
            "admin_consent=True&state=STATE", "admin_consent=True&tenant=contoso.com&state=STATE",
            "admin_consent=True&tenant=common&state=STATE",
            "admin_consent=True&tenant=TENANT&tenant=TENANT&state=STATE",
            "admin_consent=True&tenant=TENANT%2F..&state=STATE",
            "https://evil.example/onboarded?admin_consent=True&tenant=TENANT&state=STATE",
            "https://app.contoso.com/other?admin_consent=True&tenant=TENANT&state=STATE",
            "http://app.contoso.com/onboarded?admin_consent=True&tenant=TENANT&state=STATE",
            "admin_consent=True&tenant=TENANT&state=STATE&iss=https%3A%2F%2Fevil.example%2Ft%2Fv2.0",
        ])
    func refused(_ redirect: String) throws {
        let (prompt, _) = try begin()
        let state = try #require(prompt["state"])
        let brought = redirect.replacing("STATE", with: state).replacing("TENANT", with: AdminConsentTests.tenant)
        #expect(status { _ = try resume(brought) } == .untrusted)
        #expect(world.transport.requests.isEmpty)
        world.transport.expect(Answers.token("first"))
        #expect(try resume(granted(prompt)).source == .signedIn)
    }

    @Test("where one tenant was asked, no other may answer; its name says nothing of its GUID")
    func tenant() throws {
        var (prompt, _) = try begin([.tenant: "c0de0000-0000-4000-8000-00000000FFFF"])
        #expect(status { _ = try resume(granted(prompt)) } == .untrusted)
        world.transport.expect(Answers.token("first"))
        _ = try resume(granted(prompt, tenant: "c0de0000-0000-4000-8000-00000000ffff"))
        (prompt, _) = try begin([.tenant: "fabrikam.com"])
        #expect(prompt["authorization_url"]?.contains("/fabrikam.com/v2.0/") == true)
        world.transport.expect(Answers.token("second"))
        #expect(try resume(granted(prompt)).value("tenant")?.text() == AdminConsentTests.tenant)
    }

    @Test(
        "a refusal ends it, also one that says admin_consent=True",
        arguments: [
            (
                "error=consent_required&error_description=AADSTS65004%3A+declined&admin_consent=True&tenant=TENANT",
                Status.denied
            ),
            ("error=access_denied&error_description=AADSTS65004%3A+declined&error_subcode=cancel", .denied),
            ("error=permission_denied&error_description=The+admin+canceled+the+request", .denied),
            ("error=unauthorized_client&error_description=AADSTS700016%3A+no", .configuration),
        ])
    func denied(_ redirect: String, _ expected: Status) throws {
        let (prompt, _) = try begin()
        let brought = redirect.replacing("TENANT", with: AdminConsentTests.tenant) + "&state=\(prompt["state"] ?? "")"
        let error = #expect(throws: MSAuthError.self) { try resume(brought) }
        #expect(error?.status == expected && error?.hint != nil)
        #expect(try world.store.record("acme") == nil)
    }

    @Test("until the application has signed in the answer may be brought again: a tenant learns of consent slowly")
    func again() throws {
        let (prompt, _) = try begin()
        world.transport.expect(401, Answers.error("invalid_client", ",\"error_codes\":[7000229]"))
        let error = #expect(throws: MSAuthError.self) { try resume(granted(prompt)) }
        #expect(error?.status == .configuration && error?.hint?.contains("admin_consent") == true)
        world.transport.expect(Answers.token("first"))
        #expect(try resume(granted(prompt)).source == .signedIn)
    }

    @Test("after a week it is over")
    func expired() throws {
        let (prompt, _) = try begin()
        world.clock.advance(7 * 86400)
        #expect(status { _ = try resume(granted(prompt)) } == .expired)
        #expect(try world.store.record("acme") == nil)
    }

    @Test("what is missing is told before an administrator is asked")
    func required() throws {
        func told(_ change: (inout Options) throws -> Void) throws -> MSAuthError? {
            var options = try Fixture.secretOptions
            try options.set(.adminConsent, "true")
            try options.set(.redirectURI, AdminConsentTests.redirectURI)
            try change(&options)
            return #expect(throws: MSAuthError.self) { try world.client().connect(name, options, world.run()) }
        }
        #expect(try told { try $0.set("redirect_uri", nil) }?.message.contains("\"redirect_uri\"") == true)
        #expect(try told { try $0.set("client_secret", nil) }?.message.contains("\"client_secret\"") == true)
        #expect(try told { try $0.set("client_id", nil) }?.message.contains("\"client_id\"") == true)
        #expect(try told { try $0.set(.tenant, "consumers") }?.status == .invalidArgument)
        #expect(try told { try $0.set(.authority, "https://fs.contoso.com/adfs") }?.status == .invalidArgument)
        #expect(try world.store.list(Cancellation()).isEmpty)
    }

    @Test("an authority that is to be validated is, before its address is given to anybody")
    func validated() throws {
        world.transport.expect(400, Answers.error("invalid_instance"))
        #expect(
            status {
                _ = try begin([.authority: "https://login.example.com", .authorityValidation: "discovery"])
            } == .untrusted)
    }

    @Test("a secret that is not kept comes with the answer")
    func notKept() throws {
        var options = try Fixture.secretOptions
        for (name, value) in [
            (OptionName.adminConsent, "true"), (.redirectURI, AdminConsentTests.redirectURI),
            (.keepCredentials, "false"), (.tenant, "organizations"),
        ] { try options.set(name, value) }
        let prompts = Collected<Prompt>()
        _ = try world.client().connect(name, options, world.run(prompts: prompts))
        let prompt = Dictionary(try #require(prompts.all.first).fields, uniquingKeysWith: { $1 })
        #expect(status { _ = try resume(granted(prompt)) } == .invalidArgument)
        world.transport.expect(Answers.token("first"))
        let answer = try Fixture.options([.redirect: granted(prompt), .clientSecret: "given again"])
        _ = try world.client().resume(name, answer, world.run())
        #expect(world.transport.form(0)["client_secret"] == "given again")
        #expect(try world.store.record("acme")?.credentials.isEmpty == true)
    }

    @Test("the two halves are of one application and one authority")
    func otherClient() throws {
        let (prompt, _) = try begin()
        let other = try world.client([.authority: "https://login.example.com"])
        let options = try Fixture.options([.redirect: granted(prompt)])
        #expect(status { _ = try other.resume(name, options, world.run()) } == .configuration)
        var unnamed = try world.store.record("acme")
        unnamed?.pending?.settings[.grant] = "device_code"
        unnamed?.generation += 1
        try world.store.put("acme", try RecordFormat.write(try #require(unnamed), name: "acme").text())
        #expect(status { _ = try resume(granted(prompt)) } == .configuration)
    }

    @Test("a connection that is there works on until the consent has come")
    func beside() throws {
        world.transport.expect(Answers.token("before"))
        _ = try world.client().connect(name, Fixture.secretOptions, world.run())
        let (prompt, _) = try begin()
        #expect(try world.client().acquire(name, Options(), world.run()).token.accessToken.text() == "before")
        #expect(status { _ = try resume("error=access_denied&state=\(prompt["state"] ?? "")") } == .denied)
        #expect(try world.client().acquire(name, Options(), world.run()).token.accessToken.text() == "before")
    }

    @Test("who ended it meanwhile is told of")
    func gone() throws {
        let (prompt, _) = try begin()
        let store = world.store
        let name = name
        store.afterNextRead { _ = try? store.delete(name, Cancellation()) }
        #expect(status { _ = try resume(granted(prompt)) } == .notFound)
        // Or began another one in its place.
        let (first, _) = try begin()
        let text = try #require(try store.read(name, Cancellation()).first).text()
        let other = text.replacing(try #require(first["state"]), with: "another")
        store.afterNextRead { try? store.put("acme", other) }
        #expect(status { _ = try resume(granted(first)) } == .notFound)
        #expect(try store.record("acme")?.pending?.adminConsent?.state.text() == "another")
    }

    @Test("a redirect is missing from the second half")
    func missing() throws {
        _ = try begin()
        #expect(status { _ = try world.client().resume(name, Options(), world.run()) } == .invalidArgument)
    }

    @Test(
        "a GUID is told from a name",
        arguments: [
            ("c0de0000-0000-4000-8000-000000000002", true), ("C0DE0000-0000-4000-8000-00000000000F", true), ("", false),
            ("contoso.com", false), ("c0de0000-0000-4000-8000-00000000000g", false),
            ("c0de0000000040008000000000000002", false), ("c0de0000-0000-4000-8000-0000000000021", false),
            ("{c0de0000-0000-4000-8000-00000000000}", false),
        ])
    func guid(_ text: String, _ isOne: Bool) { #expect(GUID.isGUID(text) == isOne) }
}
