import Testing

@testable import MSAuth

@Suite struct PasswordTests {
    private let world = Fixture()
    private let name = try! ConnectionName("work")
    private let managed = "{\"ver\":\"1.0\",\"account_type\":\"Managed\",\"domain_name\":\"contoso.com\"}"
    private let over = Answers.error("invalid_grant", ",\"error_codes\":[50173],\"suberror\":\"bad_token\"")

    private func options(_ more: [OptionName: String] = [:]) throws -> Options {
        let values: [OptionName: String] = [
            .grant: "password", .clientID: Fixture.clientID, .tenant: "contoso.com", .username: "alice@contoso.com",
            .password: "pass-word",
        ]
        return try Fixture.options(values.merging(more) { $1 }.filter { !$0.value.isEmpty })
    }

    @discardableResult private func connect(
        _ client: Client, _ options: Options, _ name: ConnectionName? = try! ConnectionName("work")
    ) throws -> TokenAnswer {
        let run = Run(client.environment, options, cancellation: Cancellation())
        return try #require(try client.connect(name, options, run))
    }

    @discardableResult private func acquire(
        _ client: Client, _ values: [OptionName: String] = [.refresh: "true"],
        _ name: ConnectionName? = try! ConnectionName("work")
    ) throws -> TokenAnswer {
        let options = try Fixture.options(values)
        return try client.acquire(name, options, Run(client.environment, options, cancellation: Cancellation()))
    }

    /// Signed in, in a client.
    private func connected(_ more: [OptionName: String] = [:]) throws -> Client {
        world.transport.expect(managed)
        world.transport.expect(Answers.user())
        let client = try world.client()
        try connect(client, options(more))
        return client
    }

    private func refusal(_ number: Int, _ more: String = "") -> String {
        Answers.error("invalid_grant", ",\"error_codes\":[\(number)]\(more)")
    }

    private func error(_ body: () throws -> Void) -> MSAuthError? {
        #expect(throws: MSAuthError.self, performing: body)
    }

    // MARK: Requests

    @Test("asks who checks the password, then signs in as RFC 6749 section 4.3 says")
    func managedUser() throws {
        _ = try connected()
        let realm = world.transport.requests[0]
        #expect(realm.method == "GET" && realm.body == nil)
        #expect(
            realm.url == "https://login.microsoftonline.com/common/userrealm/alice@contoso.com?api-version=1.0")
        #expect(world.transport.requests[1].url == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token")
        #expect(
            world.transport.form(1) == [
                "client_id": Fixture.clientID, "grant_type": "password", "username": "alice@contoso.com",
                "password": "pass-word", "client_info": "1",
                "scope": "https://graph.microsoft.com/.default offline_access openid profile",
            ])
        let record = try #require(try world.store.record("work"))
        #expect(record.settings[.username] == "alice@contoso.com" && record.settings[.password] == nil)
        #expect(record.credentials.mapValues { $0.text() } == [.password: "pass-word"])
        #expect(record.isRenewable && record.account?.homeAccountID == "alice.contoso")
        #expect(!world.log.lines.all.contains { $0.contains("alice") || $0.contains("pass-word") })
    }

    @Test("a confidential application proves itself besides, and claims travel")
    func confidential() throws {
        world.transport.expect(managed)
        world.transport.expect(Answers.user())
        try connect(try world.client(), options([.clientSecret: "s3cret", .claims: "{\"a\":1}"]))
        #expect(
            world.transport.form(1)["client_secret"] == "s3cret" && world.transport.form(1)["claims"] == "{\"a\":1}")
        #expect(try world.store.record("work")?.credentials.count == 2)
    }

    @Test("common stands for organizations here, and so does nothing")
    func tenants() throws {
        for tenant in ["common", ""] {
            world.transport.expect(managed)
            world.transport.expect(Answers.user())
            try connect(try world.client(), options([.tenant: tenant]))
            #expect(
                world.transport.requests.last?.url
                    == "https://login.microsoftonline.com/organizations/oauth2/v2.0/token")
        }
    }

    @Test("personal accounts are refused before anything is sent")
    func consumers() throws {
        for tenant in ["consumers", "9188040D-6c67-4c5b-b112-36a304b66dad"] {
            let error = error { try connect(try world.client(), options([.tenant: tenant])) }
            #expect(error?.status == .invalidArgument && error?.message.contains("personal") == true)
        }
        #expect(world.transport.requests.isEmpty)
    }

    @Test("what is missing is named before anything is sent")
    func missing() throws {
        for option in [OptionName.username, .password, .clientID] {
            let error = error { try connect(try world.client(), options([option: ""])) }
            #expect(error?.status == .invalidArgument && error?.message.contains(option.rawValue) == true)
        }
        #expect(world.transport.requests.isEmpty)
    }

    @Test("the user's name is one part of the address, whatever it holds")
    func address() throws {
        let authority = try Authority("https://login.microsoftonline.com/contoso.com")
        #expect(
            UserRealm.address(of: "a/b?c#d%e\tü@contoso.com", authority)
                == "https://login.microsoftonline.com/common/userrealm/a%2Fb%3Fc%23d%25e%09%C3%BC@contoso.com?api-version=1.0"
        )
    }

    @Test("a host that knows no realms gets the password itself; so does an AD FS, unasked")
    func noRealm() throws {
        world.transport.expect(404, "")
        world.transport.expect(Answers.user())
        try connect(try world.client(), options())
        world.transport.expect(Answers.user())
        try connect(
            try world.client(), options([.authority: "https://fs.contoso.com/adfs", .tenant: "", .resource: "urn:api"]))
        #expect(world.transport.requests.count == 3 && world.transport.form(2)["password"] == "pass-word")
    }

    @Test("an AD FS that refuses the password says so without a number")
    func adfsRefuses() throws {
        world.transport.expect(400, Answers.error("invalid_grant", ",\"error_description\":\"MSIS9659: Invalid\""))
        let error = error {
            try connect(
                try world.client(),
                options([.authority: "https://fs.contoso.com/adfs", .tenant: "", .resource: "urn:api"]))
        }
        #expect(error?.status == .badCredential && world.transport.requests.count == 1)
    }

    @Test(
        "whom no organisation knows keeps the password to himself",
        arguments: [
            "{\"account_type\":\"Unknown\"}", "{\"account_type\":\"Managed\",\"domain_name\":\"live.com\"}", "{}",
        ])
    func unknown(_ realm: String) throws {
        world.transport.expect(realm)
        let error = error { try connect(try world.client(), options()) }
        #expect(error?.status == .account && error?.hint?.contains("device_code") == true)
        #expect(world.transport.requests.count == 1)
    }

    @Test("the question for the realm is asked twice where the service fails, and no further")
    func realmFails() throws {
        world.transport.expect(503, "")
        world.transport.expect(503, "")
        #expect(status { try connect(try world.client(), options()) } == .service)
        world.transport.expect(503, "", headers: ["retry-after": "7"])
        #expect(error { try connect(try world.client(), options()) }?.service?.retryAfter == 7)
        world.transport.expect("<html>")
        #expect(status { try connect(try world.client(), options()) } == .untrusted)
        world.transport.expect(MSAuthError(.network, "no answer"))
        #expect(status { try connect(try world.client(), options()) } == .network)
        #expect(world.transport.requests.count == 5 && world.clock.sleeps == [1])
    }

    // MARK: Federation

    private func federated(_ answers: [(Int, String)]) throws -> Client {
        world.transport.expect(Federation.realm())
        for (status, text) in answers { world.transport.expect(status, text) }
        return try world.client()
    }

    @Test("a federated user's password goes to the federation server alone", arguments: TrustVersion.allCases)
    func federation(_ version: TrustVersion) throws {
        let metadata = Federation.metadata([.init(version: version)])
        try connect(
            federated([(200, metadata), (200, Federation.response(version)), (200, Answers.user())]), options())
        let requests = world.transport.requests
        #expect(requests.map(\.method) == ["GET", "GET", "POST", "POST"])
        #expect(requests[1].url == Federation.mex)
        #expect(requests[2].url == (version == .v13 ? Federation.address13 : Federation.address2005))
        let headers = requests[2].headers.reduce(into: [:]) { $0[$1.name] = $1.value }
        #expect(headers["SOAPAction"] == version.action)
        #expect(headers["Content-Type"] == "application/soap+xml; charset=utf-8")
        // Strangers are not told what our requests are called at Microsoft's.
        #expect(headers["client-request-id"] == nil)
        let form = world.transport.form(3)
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:saml1_1-bearer")
        #expect(form["assertion"].flatMap { Base64.decode($0.utf8) }?.text() == Federation.assertion())
        #expect(form["assertion"]?.contains { "+/=".contains($0) } == false)
        #expect(form["client_info"] == "1" && form["scope"]?.contains("offline_access") == true)
        #expect(form["password"] == nil && form["username"] == nil)
        for (index, request) in requests.enumerated() where index != 2 {
            #expect(request.body?.text().contains("pass-word") != true)
        }
        #expect(
            !world.log.lines.all.contains { $0.contains("alice") || $0.contains("pass-word") || $0.contains("saml:") })
    }

    @Test("without metadata the endpoint that Entra names is asked")
    func activeAuth() throws {
        world.transport.expect(Federation.realm(",\"federation_active_auth_url\":\"\(Federation.address2005)\""))
        world.transport.expect(Federation.response(.v2005))
        world.transport.expect(Answers.user())
        try connect(try world.client(), options())
        #expect(world.transport.requests[1].url == Federation.address2005)
    }

    @Test(
        "a realm or metadata without a good endpoint is a matter of configuration, and no password leaves",
        arguments: [
            "", ",\"federation_active_auth_url\":\"https://adfs.contoso.com/adfs/ls\"",
            ",\"federation_active_auth_url\":\"http://adfs.contoso.com/adfs/services/trust/13/usernamemixed\"",
            ",\"federation_metadata_url\":\"http://adfs.contoso.com/mex\"",
            ",\"federation_metadata_url\":\"\(Federation.mex)\"",
        ])
    func noEndpoint(_ more: String) throws {
        world.transport.expect(Federation.realm(more))
        if more.contains(Federation.mex) {
            world.transport.expect(Federation.metadata([.init(address: "http://adfs.contoso.com/x")]))
        }
        let error = error { try connect(try world.client(), options()) }
        #expect(error?.status == .configuration && error?.hint?.contains("device_code") == true)
        #expect(world.transport.requests.allSatisfy { $0.method == "GET" })
    }

    @Test("metadata that cannot be had is asked for twice, and is told by its server")
    func metadataFails() throws {
        var error = error {
            try connect(federated([(500, "<html/>"), (502, "<html/>")]), options())
        }
        #expect(error?.status == .service && error?.message.contains("https://adfs.contoso.com answered") == true)
        error = self.error { try connect(federated([(302, "")]), options()) }
        #expect(error?.status == .untrusted)
        error = self.error { try connect(federated([(200, "not XML")]), options()) }
        #expect(error?.status == .untrusted)
        #expect(world.transport.requests.allSatisfy { $0.method == "GET" })
    }

    @Test("a wrong password at AD FS, which is a 500 with a fault, is tried once")
    func fault() throws {
        let client = try federated([(200, Federation.metadata([.init()])), (500, Federation.fault())])
        let error = error { try connect(client, options()) }
        #expect(error?.status == .badCredential && error?.message.contains("MSIS7068") == true)
        #expect(world.transport.requests.filter { $0.method == "POST" }.count == 1)
    }

    @Test(
        "an answer that explains nothing is the server's failure, and is not repeated either",
        arguments: [(500, "", Status.service), (503, "<html></html>", .service), (403, "no", .rejected)])
    func unexplained(_ code: Int, _ body: String, _ wanted: Status) throws {
        let client = try federated([(200, Federation.metadata([.init()])), (code, body)])
        let error = error { try connect(client, options()) }
        #expect(error?.status == wanted && error?.message.contains("HTTP \(code)") == true)
        #expect(world.transport.requests.count == 3)
    }

    @Test("a 200 that is not XML, or has no token, is not trusted")
    func untrusted() throws {
        for body in ["{}", "<a/>"] {
            let client = try federated([(200, Federation.metadata([.init()])), (200, body)])
            #expect(status { try connect(client, options()) } == .untrusted)
        }
    }

    @Test("an assertion that Entra does not take is no wrong password")
    func assertionRefused() throws {
        let answers = [(200, Federation.metadata([.init()])), (200, Federation.response()), (400, refusal(50008))]
        #expect(status { try connect(federated(answers), options()) } == .configuration)
    }

    // MARK: Again

    @Test("a refresh token that is over leads to a new sign-in by itself", arguments: [50173, 700082, 70008, 70043])
    func again(_ number: Int) throws {
        let client = try connected()
        world.transport.expect(400, refusal(number))
        world.transport.expect(managed)
        world.transport.expect(Answers.user("access.token.2", refresh: "refresh-2"))
        #expect(try acquire(client).source == .signedIn)
        #expect(world.transport.requests.count == 5 && world.transport.form(4)["grant_type"] == "password")
        #expect(try world.store.record("work")?.refreshToken?.text() == "refresh-2")
    }

    @Test(
        "a kept password that is refused is dropped, and the next call asks nobody",
        arguments: [(50126, Status.badCredential), (50034, .account), (50053, .account), (50055, .interactionRequired)])
    func dropped(_ number: Int, _ wanted: Status) throws {
        let client = try connected()
        world.transport.expect(400, over)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(number))
        #expect(status { try acquire(client) } == wanted)
        let asked = world.transport.requests.count
        let record = try #require(try world.store.record("work"))
        #expect(record.credentials.isEmpty && record.refreshToken == nil && !record.isRenewable)
        // In this client and in any other.
        for again in [client, try world.client()] {
            let error = error { try acquire(again) }
            #expect(error?.status == .interactionRequired && error?.hint?.contains("connect") == true)
            #expect(error?.message.contains("the service refused it") == true)
        }
        #expect(world.transport.requests.count == asked)
        // What is held goes on working, and a new password too.
        #expect(try acquire(client, [:]).source == .held)
        world.transport.expect(managed)
        world.transport.expect(Answers.user("access.token.3"))
        try connect(client, options([.grant: "", .clientID: "", .tenant: "", .username: "", .password: "new-one"]))
        #expect(try world.store.record("work")?.credentials[.password]?.text() == "new-one")
    }

    @Test("what a policy asks for is no reason to send the password, and the refresh token stays")
    func policy() throws {
        let client = try connected()
        let bodies = [
            refusal(50076, ",\"suberror\":\"basic_action\""), refusal(53003),
            refusal(1, ",\"suberror\":\"message_only\""),
            Answers.error("interaction_required"), refusal(65001),
        ]
        for body in bodies {
            // A refusal is remembered for a minute: see ThrottleTests.
            world.clock.advance(61)
            world.transport.expect(400, body)
            #expect(status { try acquire(client) } == .interactionRequired)
        }
        #expect(world.transport.requests.count == 2 + bodies.count)
        #expect(try world.store.record("work")?.isRenewable == true)
        #expect(try world.store.record("work")?.credentials[.password] != nil)
    }

    @Test("a sign-in that a second factor stops is not tried at each call")
    func secondFactor() throws {
        let client = try connected()
        world.transport.expect(400, over)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50076))
        let error = error { try acquire(client) }
        #expect(error?.status == .interactionRequired && error?.hint?.contains("device_code") == true)
        let asked = world.transport.requests.count
        #expect(status { try acquire(client) } == .interactionRequired)
        #expect(world.transport.requests.count == asked)
    }

    @Test("a failing service, and a wrong secret of the application, cost no password")
    func kept() throws {
        let client = try connected()
        for (code, body) in [
            (503, ""), (401, Answers.error("invalid_client", ",\"error_codes\":[7000215]")), (403, "a proxy"),
        ] {
            world.clock.advance(61)
            world.transport.expect(400, over)
            world.transport.expect(managed)
            world.transport.expect(code, body, headers: ["retry-after": "1"])
            #expect(throws: MSAuthError.self) { try acquire(client) }
            #expect(try world.store.record("work")?.credentials[.password] != nil)
        }
    }

    @Test("the client's own password is not sent twice when it was refused")
    func unnamed() throws {
        let client = Client(try options([.password: "wrong"]), world.environment)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50126))
        #expect(status { try acquire(client, [:], nil) } == .badCredential)
        let again = error { try acquire(client, [:], nil) }
        #expect(again?.status == .badCredential && again?.hint?.contains("not sent again") == true)
        #expect(world.transport.requests.count == 2)
        // Another one is, and connect asks whatever was said before.
        world.transport.expect(managed)
        world.transport.expect(Answers.user())
        #expect(try acquire(client, [.password: "right"], nil).source == .signedIn)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50126))
        #expect(status { try connect(client, Options(), nil) } == .badCredential)
        #expect(world.transport.requests.count == 6)
    }

    @Test("a client without a password says what is missing")
    func unnamedWithout() throws {
        let client = Client(try options([.password: ""]), world.environment)
        let error = error { try acquire(client, [:], nil) }
        #expect(error?.status == .invalidArgument && error?.message.contains("password") == true)
    }

    @Test("a password that is not kept must be given again, and can be with the call")
    func notKept() throws {
        let client = try connected([.keepCredentials: "false"])
        #expect(try world.store.record("work")?.credentials.isEmpty == true)
        world.transport.expect(400, over)
        #expect(error { try acquire(client) }?.service?.aadsts == 50173)
        world.clock.advance(61)
        world.transport.expect(400, over)
        world.transport.expect(managed)
        world.transport.expect(Answers.user("access.token.2"))
        #expect(try acquire(client, [.refresh: "true", .password: "pass-word"]).source == .signedIn)
        // A wrong one in a call costs only that call.
        world.clock.advance(61)
        world.transport.expect(400, over)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50126))
        #expect(status { try acquire(client, [.refresh: "true", .password: "wrong"]) } == .badCredential)
    }

    @Test("a connect with the kept password that fails drops it too, and one with another does not")
    func connectFails() throws {
        let client = try connected()
        let again: [OptionName: String] = [.grant: "", .clientID: "", .tenant: "", .username: "", .password: ""]
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50126))
        #expect(status { try connect(client, options(again.merging([.password: "other"]) { $1 })) } == .badCredential)
        #expect(try world.store.record("work")?.credentials[.password]?.text() == "pass-word")
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50126))
        #expect(status { try connect(client, options(again)) } == .badCredential)
        #expect(try world.store.record("work")?.credentials.isEmpty == true)
        #expect(try world.store.record("work")?.refreshToken != nil)
    }

    @Test("one user's password is not tried under another's name")
    func anotherName() throws {
        let client = try connected()
        let again: [OptionName: String] = [
            .grant: "", .clientID: "", .tenant: "", .username: "bob@contoso.com", .password: "",
        ]
        #expect(status { try connect(client, options(again)) } == .invalidArgument)
        #expect(world.transport.requests.count == 2)
        #expect(try world.store.record("work")?.credentials[.password] != nil)
    }

    @Test("nor is the password of the user whom the client names")
    func anotherNameThanTheClients() throws {
        _ = try connected([.keepCredentials: "false"])
        let bobs = Client(try options([.username: "Bob@contoso.com", .password: "bobs"]), world.environment)
        world.transport.expect(400, over)
        #expect(error { try acquire(bobs) }?.service?.aadsts == 50173)
        let another: [OptionName: String] = [.grant: "password", .username: "carol@contoso.com"]
        #expect(status { try connect(bobs, Fixture.options(another)) } == .invalidArgument)
        #expect(world.transport.requests.count == 3)
        // However it is written.
        world.transport.expect(managed)
        world.transport.expect(Answers.user(uid: "bob"))
        try connect(bobs, Fixture.options([.grant: "password", .username: "bob@contoso.com"]), nil)
        #expect(world.transport.form(4)["password"] == "bobs")
    }

    @Test("what one resource asks for besides says nothing of the others, and costs no password")
    func anotherResource() throws {
        let client = Client(try options(), world.environment)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(65001))
        #expect(status { try acquire(client, [.scopes: "Mail.Send"], nil) } == .interactionRequired)
        #expect(error { try acquire(client, [.scopes: "Mail.Send"], nil) }?.hint?.contains("not sent again") == true)
        #expect(world.transport.requests.count == 2)
        world.transport.expect(managed)
        world.transport.expect(Answers.user())
        #expect(try acquire(client, [.scopes: "User.Read"], nil).source == .signedIn)

        world.transport.expect(managed)
        world.transport.expect(Answers.user(refresh: nil))
        try connect(client, options())
        // Not the same request as before within a minute.
        world.clock.advance(61)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(65001))
        #expect(status { try acquire(client, [.scopes: "Mail.Send"]) } == .interactionRequired)
        #expect(try world.store.record("work")?.credentials[.password] != nil)
        world.transport.expect(managed)
        world.transport.expect(Answers.user())
        #expect(try acquire(client).source == .signedIn)
    }

    @Test("another person under the same name is not taken for the first")
    func anotherPerson() throws {
        let client = try connected()
        world.transport.expect(400, over)
        world.transport.expect(managed)
        world.transport.expect(Answers.user("access.token.2", uid: "mallory"))
        let error = error { try acquire(client) }
        #expect(error?.status == .account && error?.message.contains("mallory") == true)
        #expect(try world.store.record("work")?.account?.homeAccountID == "alice.contoso")
        let again: [OptionName: String] = [.grant: "", .clientID: "", .tenant: "", .username: "m@contoso.com"]
        world.transport.expect(managed)
        world.transport.expect(Answers.user("access.token.2", uid: "mallory"))
        #expect(status { try connect(client, options(again)) } == .account)
        #expect(try world.store.record("work")?.settings[.username] == "alice@contoso.com")
        // Who names the grant makes a new connection.
        world.transport.expect(managed)
        world.transport.expect(Answers.user("access.token.2", uid: "mallory"))
        try connect(client, options([.username: "m@contoso.com"]))
        #expect(try world.store.record("work")?.account?.homeAccountID == "mallory.contoso")
    }

    @Test("a store that refuses does not bring the password back")
    func storeRefuses() throws {
        let client = try connected()
        world.transport.expect(400, over)
        world.transport.expect(managed)
        world.transport.expect(400, refusal(50126))
        world.store.refuseWrites(MSAuthError(.storeUnavailable, "full"))
        #expect(status { try acquire(client) } == .badCredential)
        let asked = world.transport.requests.count
        #expect(status { try acquire(client) } == .interactionRequired)
        #expect(world.transport.requests.count == asked)
    }
}
