import Testing

@testable import MSAuth

/// A JWT that ends at that time; the clock of a fixture begins at 1 700 000 000.
private func assertion(_ name: String = "one", expiresOn: Int = 1_700_000_600) -> String {
    "e30.\(Answers.encode("{\"exp\":\(expiresOn),\"name\":\"\(name)\"}")).c2ln"
}

private let tokenURL = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"

@Suite struct FederatedTests {
    private let world = Fixture()
    private let name = try! ConnectionName("ci")

    private func options(_ values: [OptionName: String]) throws -> Options {
        try Fixture.options(
            [.grant: "federated", .clientID: Fixture.clientID, .tenant: "contoso.com"].merging(values) { $1 })
    }

    private func connect(_ client: Client, _ values: [OptionName: String], answered: Bool = true) throws {
        if answered { world.transport.expect(Answers.token()) }
        let options = try options(values)
        _ = try client.connect(name, options, world.run(options))
    }

    private func acquire(
        _ client: Client, _ values: [OptionName: String] = [.refresh: "true"], answered: Bool = true
    ) throws {
        if answered { world.transport.expect(Answers.token()) }
        let options = try Fixture.options(values)
        _ = try client.acquire(name, options, world.run(options))
    }

    private func failure(_ values: [OptionName: String]) -> MSAuthError? {
        do {
            try connect(world.client(), values, answered: false)
            return nil
        } catch {
            return error as? MSAuthError
        }
    }

    private var sent: [String?] {
        world.transport.requests.indices.filter { world.transport.requests[$0].url == tokenURL }
            .map { world.transport.form($0)["client_assertion"] }
    }

    @Test("each source gives its assertion, and none but the program's is kept")
    func sources() throws {
        world.machine.put("/token", .success("\n \(assertion("file")) \n"))
        world.machine.set(["JOB": assertion("variable")])
        world.commands.print(.success(assertion("command") + "\n"))
        let cases: [([OptionName: String], String)] = [
            ([.assertionFile: "/token"], "file"), ([.assertionVariable: "JOB"], "variable"),
            ([.assertionCommand: "[\"/bin/tool\", \"a b\"]"], "command"),
            ([.clientAssertion: assertion("program")], "program"),
            ([.assertionSource: "file", .assertionFile: "/token"], "file"),
        ]
        for (index, (values, name)) in cases.enumerated() {
            try connect(world.client(), values)
            #expect(sent[index] == assertion(name))
            #expect(try world.store.record("ci")?.credentials.count == (name == "program" ? 1 : 0))
        }
        #expect(world.commands.started.all == [["/bin/tool", "a b"]])
        #expect(!world.log.lines.all.joined().contains("c2ln"))
    }

    @Test("a token that is held costs no assertion, and a request one")
    func once() throws {
        let client = try world.client()
        world.commands.print(.success(assertion()))
        try connect(client, [.assertionCommand: "[\"/bin/tool\"]"])
        try acquire(client, [:], answered: false)
        #expect(world.commands.started.all.count == 1)
        // A service that fails is asked again with the same.
        world.transport.expect(503, "")
        try acquire(client)
        #expect(world.commands.started.all.count == 2 && sent.count == 3)
    }

    @Test("the nearest place that says a source counts")
    func nearest() throws {
        world.machine.put("/token", .success(assertion("file")))
        world.machine.set(["JOB": assertion("variable")])
        let client = try world.client([.assertionSource: "github_actions", .assertionFile: "/token"])
        try connect(client, [.assertionVariable: "JOB"])
        try acquire(client, [.refresh: "true", .assertionSource: "file"])
        try acquire(client)
        #expect(sent == [assertion("variable"), assertion("file"), assertion("variable")])
    }

    @Test("sources exclude each other, in a sentence that names them")
    func exclusion() {
        let both = failure([.assertionFile: "/x", .assertionVariable: "JOB"])
        #expect(both?.status == .invalidArgument)
        #expect(both?.message.contains("\"assertion_file\" and \"assertion_variable\" exclude") == true)
        #expect(failure([.assertionFile: "/x", .assertionSource: "command"])?.status == .invalidArgument)
        #expect(failure([.assertionSource: "command"])?.message.contains("\"assertion_command\"") == true)
    }

    @Test("what is not there or no assertion is told by its place")
    func nothing() {
        let files: [(Result<String, FileRefusal>?, String, Status)] = [
            (nil, "is not there", .unsupported), (.failure(.forbidden), "may not be read", .unsupported),
            (.failure(.notRegular), "is not a regular file", .unsupported),
            (.failure(.tooLarge), "longer than 64 KiB", .unsupported),
            (.failure(.failed("I/O error")), "cannot be read: I/O error", .unsupported),
            (.success(" \n"), "is empty", .badCredential), (.success("a.b"), "holds no assertion", .badCredential),
            (.success("a.b.ü"), "holds no assertion", .badCredential), (.success("a..c"), "holds", .badCredential),
        ]
        for (content, reason, status) in files {
            if let content { world.machine.put("/token", content) }
            let error = failure([.assertionFile: "/token"])
            #expect(error?.status == status && error?.message.contains(reason) == true && error?.hint != nil)
            // Each is told what helps: waiting for a writer does not open a file to this user.
            #expect(error?.hint?.contains("rights") == (reason == "may not be read"))
            #expect(error?.hint?.contains("before the sign-in") == (reason == "is not there"))
        }
        #expect(failure([.assertionVariable: "JOB"])?.message.contains("variable JOB") == true)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("a command that fails says how")
    func commands() {
        let cases: [(CommandFailure, String, Status)] = [
            (.notStarted("No such file"), "cannot be started: No such file", .unsupported),
            (.exhausted, "descriptor", .exhausted), (.failed("status 3"), "ended with status 3", .service),
            (.tookTooLong, "did not end within 30 s", .service), (.tooMuch, "64 KiB", .badCredential),
        ]
        for (failed, reason, status) in cases {
            world.commands.print(.failure(failed))
            let error = failure([.assertionCommand: "[\"/bin/tool\"]"])
            #expect(error?.status == status && error?.message.contains(reason) == true)
        }
        for text in ["tool", "[]", "[\"tool\"]", "[1]", "[\"/bin/tool\",null]", "{\"a\":1}", "[\"/bin/to\\u0000ol\"]"] {
            #expect(status { _ = try Fixture.options([.assertionCommand: text]) } == .invalidArgument)
        }
    }

    // MARK: Handed in

    @Test("the program is asked for a new one when none is given, or the kept one is over by its own word")
    func program() throws {
        #expect(failure([:])?.status == .assertionRequired)
        let client = try world.client()
        try connect(client, [.clientAssertion: assertion()])
        try acquire(client)
        world.clock.advance(600)
        #expect(status { try acquire(client, answered: false) } == .assertionRequired)
        try acquire(client, [.refresh: "true", .clientAssertion: assertion("two", expiresOn: 1_800_000_000)])
        // What does not say when it ends is the service's to judge.
        try acquire(client, [.refresh: "true", .clientAssertion: "e30.e30.c2ln"])
        try acquire(client, [.refresh: "true", .clientAssertion: "e30.AAAA.c2ln"])
        #expect(sent.count == 5)
    }

    @Test("a token that is still good is handed out while its early renewal lacks an assertion")
    func early() throws {
        let client = try world.client()
        world.transport.expect(Answers.token("access.token.1", ",\"refresh_in\":600"))
        try connect(client, [.clientAssertion: assertion(), .keepCredentials: "false"], answered: false)
        world.clock.advance(700)
        let options = Options()
        #expect(try client.acquire(name, options, world.run()).source == .held)
        #expect(sent.count == 1)
    }

    @Test("whether a connection can be renewed by itself follows from its source")
    func renewable() throws {
        world.machine.put("/token", .success(assertion()))
        try connect(world.client(), [.assertionFile: "/token"])
        #expect(try world.store.record("ci")?.isRenewable == true)
        try connect(world.client(), [.clientAssertion: assertion()])
        #expect(try world.store.record("ci")?.isRenewable == true)
        try connect(
            world.client(), [.clientAssertion: assertion(), .assertionSource: "program", .keepCredentials: "false"])
        #expect(try world.store.record("ci")?.isRenewable == false)
    }

    @Test("a new source takes the place of the old one, whole")
    func replaced() throws {
        let client = try world.client()
        try connect(client, [.clientAssertion: assertion(), .assertionAudience: "api://x"])
        world.machine.set(["JOB": assertion("variable")])
        world.transport.expect(Answers.token())
        let options = try Fixture.options([.assertionVariable: "JOB"])
        _ = try client.connect(name, options, world.run(options))
        let record = try #require(try world.store.record("ci"))
        #expect(record.settings[.assertionVariable] == "JOB" && record.settings[.assertionAudience] == nil)
        #expect(record.credentials.isEmpty && record.grant == .federated)
    }

    @Test("a web application's code is not spent, and nothing fetched, while its assertion cannot help")
    func webApplication() throws {
        let options = try Fixture.browserOptions(.authorizationCode, [.assertionSource: "program"])
        let prompts = Collected<Prompt>()
        let client = try world.client()
        _ = try client.connect(name, options, world.run(prompts: prompts))
        let fields = try #require(prompts.all.first).fields
        let address = try #require(fields.first { $0.name == "authorization_url" }).value
        let asked = try #require(Parameters(address.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()))
        let state = asked.text("state") ?? ""

        func resume(_ values: [OptionName: String]) throws {
            let redirect = "code=CODE&state=\(state)"
            let options = try Fixture.options([.redirect: redirect].merging(values) { $1 })
            _ = try client.resume(name, options, world.run())
        }
        #expect(status { try resume([:]) } == .assertionRequired)
        world.transport.expect(Answers.token())
        // Its answer is refused for want of an ID token, and the code is gone.
        #expect(status { try resume([.clientAssertion: assertion()]) } == .untrusted)
        #expect(sent == [assertion()])
        #expect(status { try resume([.clientAssertion: assertion()]) } == .notFound)

        try world.store.put(
            "ci",
            "{\"version\":1,\"generation\":8,\"settings\":{\"grant\":\"federated\",\"client_id\":\"c\",\"tenant\":\"t\","
                + "\"assertion_source\":\"crystal_ball\"}}")
        #expect(status { try acquire(world.client(), answered: false) } == .unsupported)

        // Without a refresh token only the user can help: no assertion is asked for.
        world.machine.set(["JOB": assertion()])
        try world.store.put(
            "ci",
            "{\"version\":1,\"generation\":9,\"settings\":{\"grant\":\"authorization_code\",\"client_id\":\"\(Fixture.clientID)\","
                + "\"tenant\":\"contoso.com\",\"assertion_command\":\"[\\\"/bin/tool\\\"]\"}}")
        #expect(status { try acquire(world.client(), answered: false) } == .interactionRequired)
        #expect(world.commands.started.all.isEmpty)
    }

    // MARK: Pipelines

    private let github = [
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://run.actions.example/id?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush-hush",
    ]
    private let devops = [
        "SYSTEM_OIDCREQUESTURI": "https://dev.azure.example/oidc/", "SYSTEM_ACCESSTOKEN": "hush-hush",
    ]

    @Test("GitHub Actions is asked for the cloud's audience")
    func actions() throws {
        world.machine.set(github)
        for (cloud, suffix) in [
            ("public", ""), ("gcc", ""), ("dod", "USGov"), ("china", "China"), ("sovereign_fr", "France"),
            ("sovereign_de", "Germany"), ("sovereign_sg", "GovSG"),
        ] {
            world.transport.expect("{\"value\":\"\(assertion())\"}")
            try connect(world.client(), [.assertionSource: "github_actions", .cloud: cloud])
            let request = world.transport.requests[world.transport.requests.count - 2]
            #expect(request.method == "GET" && request.body == nil)
            #expect(
                request.url
                    == "https://run.actions.example/id?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange\(suffix)"
            )
            #expect(request.headers.contains { $0 == ("Authorization", "Bearer hush-hush") })
        }
    }

    @Test("Azure Pipelines is asked for its service connection's")
    func pipelines() throws {
        world.machine.set(devops)
        world.transport.expect("{\"oidcToken\":\"\(assertion())\"}")
        try connect(world.client(), [.serviceConnectionID: "c-1"])
        let request = world.transport.requests[0]
        #expect(request.url == "https://dev.azure.example/oidc?api-version=7.1&serviceConnectionId=c-1")
        #expect(request.method == "POST" && request.body?.isEmpty == true)
        #expect(request.headers.contains { $0 == ("X-TFS-FedAuthRedirect", "Suppress") })
        #expect(failure([.assertionSource: "azure_pipelines"])?.message.contains("service_connection_id") == true)

        world.machine.set([
            "SYSTEM_OIDCREQUESTURI": "https://dev.azure.example/oidc", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "c-2",
        ])
        world.transport.expect("{\"oidcToken\":\"\(assertion())\"}")
        try connect(world.client(), [.assertionSource: "azure_pipelines", .systemAccessToken: "given-token"])
        #expect(world.transport.requests[2].url.hasSuffix("serviceConnectionId=c-2"))
        #expect(world.transport.requests[2].headers.contains { $0 == ("Authorization", "Bearer given-token") })
        #expect(try world.store.record("ci")?.credentials.isEmpty == true)
    }

    @Test("what a pipeline's service refuses is told, without its token")
    func refusals() {
        let cases: [(Int, String, Status)] = [
            (401, "{\"message\":\"hush-hush is over\"}", .badCredential), (403, "", .badCredential),
            (404, "", .configuration), (302, "", .untrusted), (429, "", .throttled), (400, "", .rejected),
            (200, "{}", .untrusted), (200, "{\"value\":\"x\"}", .badCredential),
        ]
        world.machine.set(github)
        for (code, body, status) in cases {
            world.transport.expect(code, body)
            let error = failure([.assertionSource: "github_actions"])
            #expect(error?.status == status)
            #expect(error?.message.contains("hush-hush") == false)
        }
        world.transport.expect(503, "")
        world.transport.expect(503, "")
        #expect(failure([.assertionSource: "github_actions"])?.status == .service)
        world.transport.expect(MSAuthError(.network, "no way"))
        #expect(failure([.assertionSource: "github_actions"])?.status == .network)
        world.machine.set(["ACTIONS_ID_TOKEN_REQUEST_URL": "http://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"])
        #expect(failure([.assertionSource: "github_actions"])?.status == .configuration)
        world.machine.set([:])
        #expect(failure([.assertionSource: "github_actions"])?.status == .unsupported)
    }

    @Test("a managed identity's token is the assertion")
    func managedIdentity() throws {
        world.machine.set(["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://10.0.0.4"])
        for (values, more) in [
            ([OptionName.assertionSource: "managed_identity"], ""),
            ([.managedIdentityClientID: "m-1", .managedIdentitySource: "imds"], "&client_id=m-1"),
        ] {
            world.transport.expect(Answers.token("managed.identity.token"))
            try connect(world.client(), values)
            let asked = world.transport.requests[world.transport.requests.count - 2].url
            #expect(asked.hasSuffix("&resource=api%3A%2F%2FAzureADTokenExchange\(more)"))
        }
        #expect(sent == ["managed.identity.token", "managed.identity.token"])
    }
}

@Suite struct WorkloadIdentityTests {
    private let world = Fixture()
    private let pod = [
        "AZURE_CLIENT_ID": Fixture.clientID, "AZURE_TENANT_ID": "contoso.com", "AZURE_FEDERATED_TOKEN_FILE": "/token",
    ]

    private func acquire(_ client: Client, _ values: [OptionName: String] = [:]) throws {
        let options = try Fixture.options([.refresh: "true"].merging(values) { $1 })
        _ = try client.acquire(nil, options, Run(client.environment, options, cancellation: Cancellation()))
    }

    private func client(_ variables: [String: String], _ values: [OptionName: String] = [:]) throws -> Client {
        world.machine.put("/token", .success(assertion()))
        world.machine.set(variables)
        return try world.client([.grant: "workload_identity"].merging(values) { $1 })
    }

    private func message(_ variables: [String: String], _ values: [OptionName: String] = [:]) -> String {
        do {
            try acquire(client(variables, values))
            return ""
        } catch {
            return (error as? MSAuthError)?.message ?? ""
        }
    }

    @Test("the environment says all, and options stand above it")
    func environment() throws {
        world.transport.expect(Answers.token())
        try acquire(client(pod))
        #expect(world.transport.requests[0].url == tokenURL)
        #expect(world.transport.form(0)["client_assertion"] == assertion())

        world.transport.expect(Answers.token())
        let host = pod.merging(["AZURE_AUTHORITY_HOST": "login.microsoftonline.us"]) { $1 }
        try acquire(client(host, [.tenant: "fabrikam.com", .clientID: "other"]))
        #expect(world.transport.requests[1].url == "https://login.microsoftonline.us/fabrikam.com/oauth2/v2.0/token")
        // What the token is for follows from the cloud that the authority stands for.
        #expect(world.transport.form(1)["scope"] == "https://graph.microsoft.us/.default")
        #expect(world.transport.form(1)["client_id"] == "other")

        world.transport.expect(Answers.token())
        try acquire(client(host, [.cloud: "china"]))
        #expect(world.transport.requests[2].url.hasPrefix("https://login.partner.microsoftonline.cn/contoso.com/"))
    }

    @Test("what is missing is named in one sentence")
    func missing() {
        let all = message([:])
        for name in pod.keys { #expect(all.contains(name)) }
        let one = message([:], [.clientID: "c", .authority: "https://login.example/contoso.com"])
        #expect(one.contains("AZURE_FEDERATED_TOKEN_FILE") && !one.contains("AZURE_TENANT_ID"))
        #expect(message(pod.merging(["AZURE_TENANT_ID": "../x"]) { $1 }).contains("The variable AZURE_TENANT_ID"))
        world.machine.put("/token", .failure(.missing))
        world.machine.set(pod)
        #expect(status { try acquire(world.client([.grant: "workload_identity"])) } == .unsupported)
    }

    // MARK: The token proxy

    private let pem = "-----BEGIN CERTIFICATE-----\n"

    private func bound(_ more: [String: String?] = [:]) -> [String: String] {
        var variables = pod
        variables["AZURE_KUBERNETES_TOKEN_PROXY"] = "https://10.0.0.1:8443/base/"
        for (name, value) in more { variables["AZURE_KUBERNETES_" + name] = value }
        return variables
    }

    @Test("requests take the detour when that is wanted")
    func detour() throws {
        world.machine.put("/ca", .success(pem))
        for (variables, url, connect, host) in [
            (bound(), "https://10.0.0.1:8443/base", nil, nil),
            (
                bound(["SNI_NAME": "name.aks", "CA_FILE": "/ca"]), "https://name.aks:8443/base",
                "name.aks:8443:10.0.0.1:8443", "10.0.0.1:8443"
            ),
            (
                bound(["TOKEN_PROXY": "https://proxy.aks", "SNI_NAME": "name.aks", "CA_DATA": pem]),
                "https://name.aks", "name.aks:443:proxy.aks:443", "proxy.aks"
            ),
        ] as [([String: String], String, String?, String?)] {
            world.transport.expect(Answers.token())
            try acquire(client(variables, [.aksTokenProxy: "true"]))
            let request = try #require(world.transport.requests.last)
            #expect(request.url == url + "/contoso.com/oauth2/v2.0/token")
            #expect(request.detour?.connectTo == connect && (request.detour?.authorities != nil) == (host != nil))
            #expect(request.headers.first { $0.name == "Host" }?.value == host)
        }
        for values in [[:], [OptionName.aksTokenProxy: "false"]] {
            world.transport.expect(Answers.token())
            try acquire(client(bound(), values))
            #expect(world.transport.requests.last?.detour == nil)
        }
        // Where AKS sets none there is none.
        world.transport.expect(Answers.token())
        try acquire(client(pod, [.aksTokenProxy: "true"]))
        #expect(world.transport.requests.last?.url == tokenURL)
    }

    @Test("mistakes in its variables are told")
    func mistakes() {
        world.machine.put("/text", .success("text"))
        let cases: [([String: String?], String)] = [
            (["TOKEN_PROXY": nil, "SNI_NAME": "x"], "AZURE_KUBERNETES_SNI_NAME is set, but"),
            (["TOKEN_PROXY": "http://10.0.0.1"], "no https address"), (["TOKEN_PROXY": "https://x/?q"], "query"),
            (["SNI_NAME": "a:1"], "no host name"), (["CA_FILE": "/x", "CA_DATA": pem], "both"),
            (["CA_DATA": "x"], "CA_DATA holds no PEM"), (["CA_FILE": "/text"], "no PEM certificate"),
            (["CA_FILE": "/none"], "cannot be read"),
        ]
        for (more, reason) in cases {
            var variables = bound()
            for (name, value) in more { variables["AZURE_KUBERNETES_" + name] = value }
            #expect(message(variables, [.aksTokenProxy: "true"]).contains(reason))
        }
        #expect(world.transport.requests.isEmpty)
    }

    @Test("the authorities' last good content counts while their file is replaced")
    func rotation() throws {
        world.machine.put("/ca", .success(pem + "1"))
        let client = try client(bound(["CA_FILE": "/ca"]), [.aksTokenProxy: "true"])
        for (content, expected) in [
            (.success(pem + "1"), "1"), (.success(""), "1"), (.failure(.missing), "1"), (.success(pem + "2"), "2"),
        ] as [(Result<String, FileRefusal>, String)] {
            world.machine.put("/ca", content)
            world.transport.expect(Answers.token())
            try acquire(client)
            #expect(world.transport.requests.last?.detour?.authorities?.text() == pem + expected)
        }
    }
}
