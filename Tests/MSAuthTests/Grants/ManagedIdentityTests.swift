import Testing

@testable import MSAuth

private let vault = "https://vault.azure.net"
private let path = "/metadata/identity/oauth2/token"

/// A client on a machine, and what it asked.
private struct Platform {
    let world = Fixture()

    func on(_ variables: [String: String]) -> Platform {
        world.machine.set(variables)
        return self
    }

    func connect(_ values: [OptionName: String] = [:], client: [OptionName: String] = [:]) throws -> TokenAnswer? {
        let given = values.merging([.grant: "managed_identity"]) { $1 }
        let wanted = Wanted.names.contains { given[$0] != nil } ? given : given.merging([.resource: vault]) { $1 }
        let options = try Fixture.options(wanted)
        return try world.client(client).connect(ConnectionName("vm"), options, world.run(options))
    }

    func failure(_ values: [OptionName: String] = [:]) -> MSAuthError? {
        do {
            _ = try connect(values)
            return nil
        } catch {
            return error as? MSAuthError
        }
    }

    var request: HTTPRequest { world.transport.requests[world.transport.requests.count - 1] }

    func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
}

private let appService = ["IDENTITY_ENDPOINT": "http://172.16.5.3:8081/msi/token/", "IDENTITY_HEADER": "hush-hush"]
private let arc = ["IDENTITY_ENDPOINT": "http://localhost:40342" + path, "IMDS_ENDPOINT": "http://localhost:40342"]
private let azureML = ["MSI_ENDPOINT": "http://127.0.0.1:46808/MSI/auth", "MSI_SECRET": "hush-hush"]
private let serviceFabric = [
    "IDENTITY_ENDPOINT": "https://localhost:2377/metadata/identity/oauth2/token", "IDENTITY_HEADER": "hush-hush",
    "IDENTITY_SERVER_THUMBPRINT": String(repeating: "AB", count: 20),
]
private let cloudShell = ["MSI_ENDPOINT": "http://localhost:50342/oauth2/token"]
private let pod = ["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://10.0.0.4/"]

@Suite struct ManagedIdentityTests {
    private let platform = Platform()

    @Test("each source is asked in its own words")
    func requests() throws {
        let cases: [([String: String], String, String, [String: String])] = [
            (
                pod, "GET", "http://10.0.0.4\(path)?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net",
                ["Metadata": "true"]
            ),
            (
                appService, "GET",
                "http://172.16.5.3:8081/msi/token/?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net",
                ["X-IDENTITY-HEADER": "hush-hush", "Metadata": "true"]
            ),
            (
                azureML, "GET",
                "http://127.0.0.1:46808/MSI/auth?api-version=2017-09-01&resource=https%3A%2F%2Fvault.azure.net",
                ["secret": "hush-hush"]
            ),
            (cloudShell, "POST", "http://localhost:50342/oauth2/token", ["Metadata": "true"]),
        ]
        for (variables, method, url, headers) in cases {
            let platform = Platform().on(variables)
            platform.world.transport.expect(Answers.token())
            _ = try platform.connect()
            #expect(platform.request.method == method && platform.request.url == url)
            #expect(platform.request.isMetadata && platform.world.transport.requests.count == 1)
            for (name, value) in headers { #expect(platform.header(name) == value, "\(url)") }
            #expect((platform.request.body == nil) == (method == "GET"))
            #expect((platform.header("Content-Type") == nil) == (method == "GET"))
        }
        _ = platform.on(cloudShell)
        platform.world.transport.expect(Answers.token())
        _ = try platform.connect()
        #expect(platform.world.transport.form(0) == ["resource": vault])
    }

    @Test("each source has its own name for what names an identity, and refuses what it does not take")
    func parameters() throws {
        let taken: [([String: String], OptionName, String?)] = [
            (pod, .clientID, "client_id"), (pod, .objectID, "object_id"), (pod, .resourceID, "msi_res_id"),
            (appService, .clientID, "client_id"), (appService, .objectID, "object_id"),
            (appService, .resourceID, "mi_res_id"),
            (azureML, .clientID, "clientid"), (azureML, .objectID, nil), (azureML, .resourceID, nil),
            (cloudShell, .clientID, nil), (cloudShell, .objectID, nil), (cloudShell, .resourceID, nil),
        ]
        for (variables, option, parameter) in taken {
            let platform = Platform().on(variables)
            let value = option == .resourceID ? "/subscriptions/1/id" : Fixture.clientID
            if let parameter {
                platform.world.transport.expect(Answers.token())
                _ = try platform.connect([option: value])
                let encoded = value.replacing("/", with: "%2F")
                #expect(platform.request.url.hasSuffix("vault.azure.net&\(parameter)=\(encoded)"))
            } else {
                let error = platform.failure([option: value])
                #expect(error?.status == .invalidArgument)
                #expect(error?.message.contains("\"\(option.rawValue)\"") == true)
                #expect(platform.world.transport.requests.isEmpty)
            }
        }
    }

    @Test("Azure ML is told the default identity's client ID")
    func defaultClientID() throws {
        _ = platform.on(azureML.merging(["DEFAULT_IDENTITY_CLIENT_ID": "default-id"]) { $1 })
        platform.world.transport.expect(Answers.token())
        _ = try platform.connect()
        #expect(platform.request.url.hasSuffix("&clientid=default-id"))
        platform.world.transport.expect(Answers.token())
        _ = try platform.connect([.clientID: "mine"])
        #expect(platform.request.url.hasSuffix("&clientid=mine"))
    }

    @Test("the source that the variables name is found, in MSAL's order")
    func detection() {
        let machine = platform.world.machine
        let cases: [([String: String], ManagedIdentitySource?)] = [
            (appService.merging(["IDENTITY_SERVER_THUMBPRINT": "AB"]) { $1 }, .serviceFabric),
            (appService.merging(azureML) { $1 }.merging(pod) { $1 }, .appService),
            (azureML.merging(arc) { $1 }, .azureML), (cloudShell.merging(arc) { $1 }, .cloudShell),
            (arc, .arc), (pod, .imds), ([:], nil),
            (["IDENTITY_HEADER": "h", "IDENTITY_SERVER_THUMBPRINT": "AB"], nil),
            (["IDENTITY_ENDPOINT": "http://localhost/"], nil),
        ]
        for (variables, source) in cases {
            machine.set(variables)
            #expect(ManagedIdentitySource.named(on: machine) == source, "\(variables)")
        }
        machine.set([:])
        machine.put("/opt/azcmagent/bin/himds", .success(""))
        #expect(ManagedIdentitySource.named(on: machine) == .arc)
    }

    @Test("a source that is named is asked whatever else is there, and says what it lacks")
    func named() throws {
        _ = platform.on(appService)
        platform.world.transport.expect(Answers.token())
        _ = try platform.connect([.managedIdentitySource: "imds"])
        #expect(platform.request.url.hasPrefix("http://169.254.169.254/"))
        let error = platform.failure([.managedIdentitySource: "azure_ml"])
        #expect(error?.status == .noManagedIdentity && error?.message.contains("MSI_ENDPOINT") == true)
    }

    @Test("Service Fabric is asked over https, and knows nobody but by its certificate's thumbprint")
    func serviceFabricPin() throws {
        for text in [
            String(repeating: "ab", count: 20), String(repeating: "AB:", count: 20),
            String(repeating: "ab ", count: 20),
        ] {
            _ = platform.on(serviceFabric.merging(["IDENTITY_SERVER_THUMBPRINT": text]) { $1 })
            platform.world.transport.expect(Answers.token())
            _ = try platform.connect()
            #expect(platform.request.pin?.bytes == Array(repeating: 0xAB, count: 20), "\(text)")
            #expect(platform.request.method == "GET" && platform.header("secret") == "hush-hush")
            #expect(platform.header("Metadata") == nil)
            #expect(
                platform.request.url
                    == "https://localhost:2377/metadata/identity/oauth2/token?api-version=2019-07-01-preview"
                    + "&resource=https%3A%2F%2Fvault.azure.net")
        }
        let asked = platform.world.transport.requests.count
        for (name, value, status) in [
            ("IDENTITY_SERVER_THUMBPRINT", "AB", Status.configuration),
            ("IDENTITY_SERVER_THUMBPRINT", String(repeating: "AG", count: 20), .configuration),
            ("IDENTITY_SERVER_THUMBPRINT", String(repeating: "AB", count: 32), .configuration),
            ("IDENTITY_ENDPOINT", "http://localhost:2377/metadata/identity/oauth2/token", .untrusted),
        ] {
            _ = platform.on(serviceFabric.merging([name: value]) { $1 })
            #expect(platform.failure()?.status == status, "\(value)")
        }
        _ = platform.on(serviceFabric.filter { $0.key != "IDENTITY_SERVER_THUMBPRINT" })
        #expect(platform.failure([.managedIdentitySource: "service_fabric"])?.status == .noManagedIdentity)
        _ = platform.on(serviceFabric)
        for option in ManagedIdentity.names {
            #expect(platform.failure([option: option == .resourceID ? "/x" : "x"])?.status == .invalidArgument)
        }
        #expect(platform.world.transport.requests.count == asked)
    }

    @Test("Service Fabric's 404 stands, and its 503 passes")
    func serviceFabricRetries() throws {
        _ = platform.on(serviceFabric)
        let transport = platform.world.transport
        transport.expect(
            404, #"{"error":{"code":"ManagedIdentityNotFound","message":"No identity for the application"}}"#)
        let error = platform.failure()
        #expect(error?.status == .configuration && error?.service?.errorCode == "ManagedIdentityNotFound")
        #expect(transport.requests.count == 1)
        transport.expect(503, "")
        transport.expect(Answers.token())
        _ = try platform.connect()
        #expect(transport.requests.count == 3)
    }

    @Test("an endpoint that is no address, or a secret that is no header, is not used")
    func badVariables() {
        for address in ["ftp://host/", "http://user@host/", "localhost", "http://host/#a", "http://"] {
            _ = platform.on(["MSI_ENDPOINT": address])
            #expect(platform.failure()?.status == .configuration, "\(address)")
        }
        _ = platform.on(appService.merging(["IDENTITY_HEADER": "a\r\nb: c"]) { $1 })
        #expect(platform.failure()?.status == .untrusted)
        #expect(platform.world.transport.requests.isEmpty)
    }

    @Test("the default is cut off a scope once, and more than one resource is refused")
    func resources() throws {
        _ = platform.on(pod)
        for (given, sent) in [
            (
                [OptionName.resource: "https://management.core.windows.net/"],
                "https%3A%2F%2Fmanagement.core.windows.net%2F"
            ),
            ([.scopes: "https://a.example/.default/.default"], "https%3A%2F%2Fa.example%2F.default"),
            ([.scopes: "api://plain"], "api%3A%2F%2Fplain"),
            ([.service: "graph"], "https%3A%2F%2Fgraph.microsoft.com"),
        ] {
            platform.world.transport.expect(Answers.token())
            _ = try platform.connect(given)
            #expect(platform.request.url.hasSuffix("&resource=\(sent)"))
        }
        #expect(platform.failure([.scopes: "https://a.example/.default openid"])?.status == .invalidArgument)
    }

    @Test("the token says what is known: no authority, and a client ID only where it was the name")
    func fields() throws {
        _ = platform.on(pod)
        for (values, clientID) in [([:], nil), ([OptionName.objectID: "abc"], nil), ([.clientID: "app"], "app")] {
            platform.world.transport.expect(Answers.token())
            let answer = try #require(try platform.connect(values))
            #expect(answer.value("authority") == nil && answer.value("tenant") == nil)
            #expect(answer.value("client_id")?.text() == clientID)
            #expect(answer.value("scopes")?.text() == vault + "/.default")
            #expect(answer.source == .signedIn)
        }
    }

    @Test("each identity has a token of its own, and an expired one is had again without anybody")
    func identities() throws {
        _ = platform.on(pod)
        let (world, name) = (platform.world, try ConnectionName("vm"))
        let client = try world.client()
        let options = try Fixture.options([.grant: "managed_identity", .resource: vault, .clientID: "one"])
        world.transport.expect(Answers.token("first"))
        _ = try client.connect(name, options, world.run())
        #expect(client.heldToken(name, Options())?.token.accessToken.text() == "first")
        let other = try Fixture.options([.objectID: "two"])
        world.transport.expect(Answers.token("second"))
        #expect(try client.acquire(name, other, world.run()).token.accessToken.text() == "second")
        #expect(platform.request.url.hasSuffix("&object_id=two"))
        #expect(try client.acquire(name, Options(), world.run()).token.accessToken.text() == "first")
        world.clock.advance(3600)
        world.transport.expect(Answers.token("third"))
        #expect(try client.acquire(name, Options(), world.run()).source == .signedIn)
        #expect(platform.request.url.hasSuffix("&client_id=one"))
        let record = try #require(try world.store.record("vm"))
        #expect(record.isRenewable && record.refreshToken == nil)
    }

    @Test("two names for one identity are refused, and the nearest place's counts")
    func oneName() throws {
        _ = platform.on(pod)
        #expect(platform.failure([.clientID: "a", .objectID: "b"])?.status == .invalidArgument)
        platform.world.transport.expect(Answers.token())
        _ = try platform.connect([.objectID: "mine"], client: [.clientID: "default"])
        #expect(platform.request.url.hasSuffix("&object_id=mine"))
        let kept = try Fixture.options([.resourceID: "/new"]).kept(over: [.clientID: "old", .tenant: "t"])
        #expect(kept == [.resourceID: "/new", .tenant: "t"])
        #expect(status { _ = try Fixture.options([.resourceID: "no path"]) } == .invalidArgument)
    }

    @Test("a platform's refresh token is not kept, and a token of a day is renewed at half its time")
    func lifetime() throws {
        _ = platform.on(pod)
        platform.world.transport.expect(
            Answers.token("t", ",\"refresh_token\":\"r\"").replacing("3600", with: "\"86400\""))
        let token = try #require(try platform.connect()).token
        #expect(token.expiresOn - token.acquiredOn == 86400 && token.refreshOn == token.acquiredOn + 43200)
        #expect(try platform.world.store.record("vm")?.refreshToken == nil)
        platform.world.transport.expect(Answers.token())
        #expect(try platform.connect()?.token.refreshOn == nil)
    }
}

@Suite struct IMDSProbeTests {
    private let platform = Platform()

    private func probe(_ answer: Result<HTTPResponse, MSAuthError>) { platform.world.transport.expect { _ in answer } }

    @Test("where nothing is set IMDS is probed for a second, once")
    func once() throws {
        platform.world.transport.expect(400, Answers.error("invalid_request"))
        for _ in 0..<2 {
            platform.world.transport.expect(Answers.token())
            _ = try platform.connect()
        }
        let requests = platform.world.transport.requests
        #expect(requests.count == 3)
        #expect(requests[0].timeout == 1 && !requests[0].headers.contains { $0.name == "Metadata" })
        #expect(requests[0].url == "http://169.254.169.254\(path)?api-version=2018-02-01" && requests[0].isMetadata)
        #expect(requests[1].url.hasPrefix("http://169.254.169.254\(path)?api-version=2018-02-01&resource="))
    }

    @Test("a silent IMDS, and one that somebody else answers for, is no managed identity, and is not probed again")
    func absent() {
        for answer in [
            Result<HTTPResponse, MSAuthError>.failure(MSAuthError(.network, "timed out")),
            .success(HTTPResponse(status: 403, body: Secret("connecting to 169.254.169.254:80: unreachable"))),
        ] {
            let platform = Platform()
            platform.world.transport.expect { _ in answer }
            for _ in 0..<2 {
                let error = platform.failure()
                #expect(error?.status == .noManagedIdentity && error?.hint?.contains("container") == true)
            }
            #expect(platform.world.transport.requests.count == 1)
        }
    }

    @Test("a probe that was cut short or cancelled says nothing about the machine")
    func cutShort() throws {
        platform.world.transport.expect(MSAuthError.cancelled)
        #expect(platform.failure()?.status == .cancelled)
        #expect(platform.world.machine.imdsAnswers == nil)
        let options = try Fixture.options([.grant: "managed_identity", .timeout: "1"])
        let (client, run) = (try platform.world.client(), platform.world.run(options))
        platform.world.clock.advance(0.5)
        platform.world.transport.expect(MSAuthError(.network, "timed out"))
        #expect(status { _ = try client.connect(nil, options, run) } == .expired)
        #expect(platform.world.machine.imdsAnswers == nil)
    }

    @Test("an IMDS that was named is not probed; its silence may pass")
    func silent() {
        platform.world.transport.expect(MSAuthError(.network, "timed out"))
        let error = platform.failure([.managedIdentitySource: "imds"])
        #expect(error?.status == .network && error?.hint?.contains("container") == true)
        #expect(platform.world.transport.requests[0].headers.contains { $0.name == "Metadata" })
    }
}

@Suite struct MetadataRetryTests {
    private let platform = Platform()

    private func sleeps(_ variables: [String: String], _ status: Int, _ headers: [String: String] = [:]) -> [Double] {
        let platform = Platform().on(variables)
        for _ in 0..<9 { platform.world.transport.expect(status, "", headers: headers) }
        _ = platform.failure()
        return platform.world.clock.sleeps
    }

    @Test("IMDS is asked again after 1, 2 and 4 seconds, and for 70 seconds while it is updated")
    func imds() {
        for status in [404, 408, 429, 500, 502, 599] { #expect(sleeps(pod, status) == [1, 2, 4], "\(status)") }
        #expect(sleeps(pod, 410) == [10, 10, 10, 10, 10, 10, 10])
        for status in [400, 401, 403, 302] { #expect(sleeps(pod, status).isEmpty, "\(status)") }
    }

    @Test("other sources are asked again three times, a second apart")
    func others() {
        for variables in [appService, azureML, cloudShell, arc] {
            for status in [404, 408, 429, 500, 503, 504] { #expect(sleeps(variables, status) == [1, 1, 1]) }
            for status in [400, 410, 501] { #expect(sleeps(variables, status).isEmpty) }
        }
    }

    @Test("a short Retry-After is waited for, a long one is told")
    func retryAfter() {
        #expect(sleeps(pod, 429, ["retry-after": "5"]) == [5, 5, 5])
        #expect(sleeps(pod, 429, ["retry-after": "60"]).isEmpty)
        _ = platform.on(pod)
        platform.world.transport.expect(429, "", headers: ["retry-after": "60"])
        let error = platform.failure()
        #expect(error?.status == .throttled && error?.service?.retryAfter == 60)
    }

    @Test("the caller's time limit ends the tries")
    func timeout() {
        _ = platform.on(pod)
        platform.world.transport.expect(410, "")
        #expect(platform.failure([.timeout: "3"])?.status == .expired)
    }
}

@Suite struct MetadataRefusalTests {
    private func error(_ status: Int, _ body: String, _ variables: [String: String] = appService) -> MSAuthError? {
        let platform = Platform().on(variables)
        for _ in 0..<4 { platform.world.transport.expect(status, body) }
        return platform.failure()
    }

    @Test("each platform's shape of error is read")
    func shapes() {
        #expect(
            error(400, "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}", pod)?.message
                == "The instance metadata service (IMDS) refused: Identity not found")
        #expect(
            error(400, "{\"statusCode\":400,\"message\":\"No identity\"}")?.message
                == "App Service's identity endpoint refused: No identity")
        let nested = error(400, "{\"error\":{\"code\":\"AudienceNotSupported\",\"message\":\"Not that\"}}", cloudShell)
        #expect(nested?.message == "Cloud Shell's identity endpoint refused: Not that")
        #expect(nested?.service?.errorCode == "AudienceNotSupported" && nested?.status == .configuration)
        #expect(error(500, "<html>")?.message == "The service answered with HTTP 500 and no error that can be read.")
        #expect(error(500, "<html>")?.status == .service)
        #expect(error(302, "")?.status == .untrusted)
        #expect(error(403, "")?.status == .rejected)
    }

    @Test("an AADSTS number in the text refines the status")
    func aadsts() {
        let found = error(400, "{\"error\":\"invalid_resource\",\"error_description\":\"AADSTS65001: consent\"}", pod)
        #expect(found?.service?.aadsts == 65001 && found?.status == .interactionRequired)
    }

    @Test("a secret that the platform repeats is not shown, nor is a body that is not an error")
    func redacted() {
        #expect(
            error(400, "{\"message\":\"bad header hush-hush\"}")?.message.hasSuffix("bad header [redacted]") == true)
        let odd = error(200, "{\"token\":\"hush\"}")
        #expect(odd?.status == .untrusted && odd?.message.contains("hush") == false)
    }
}

@Suite struct ArcTests {
    private let platform = Platform().on(arc)
    private let file = "/var/opt/azcmagent/tokens/a1.key"

    private func challenge(_ header: String?) {
        platform.world.transport.expect(401, "", headers: header.map { ["www-authenticate": $0] } ?? [:])
    }

    @Test("the key of the challenge's file proves that we are on the machine")
    func answered() throws {
        platform.world.machine.put(file, .success("the+key==\n"))
        challenge("Basic realm=\(file)")
        platform.world.transport.expect(Answers.token())
        _ = try platform.connect()
        let requests = platform.world.transport.requests
        #expect(
            requests.map(\.url).allSatisfy { $0.hasPrefix("http://localhost:40342\(path)?api-version=2020-06-01&res") })
        #expect(requests[0].headers.contains { $0.name == "Metadata" && $0.value == "true" })
        #expect(!requests[0].headers.contains { $0.name == "Authorization" })
        #expect(platform.header("Authorization") == "Basic the+key==" && platform.request.isMetadata)
        #expect(platform.request.secrets.contains { $0.text() == "the+key==" })
    }

    @Test("a challenge for anything but a key of the agent's folder is not answered")
    func strangers() {
        let paths = [
            "/etc/shadow", "/var/opt/azcmagent/tokens/../../../../etc/x.key", "/var/opt/azcmagent/tokens/sub/a.key",
            "/var/opt/azcmagent/tokens/a.txt", "/var/opt/azcmagent/tokens/.key", "a1.key", "",
        ]
        for path in paths {
            platform.world.machine.put(path, .success("key"))
            challenge("Basic realm=\(path)")
            #expect(platform.failure()?.status == .untrusted, "\(path)")
        }
        for header in ["Bearer realm=\(file)", "Basic \(file)", nil] {
            challenge(header)
            #expect(platform.failure()?.status == .untrusted)
        }
        platform.world.transport.expect(Answers.token())
        #expect(platform.failure()?.message.contains("without asking for proof") == true)
    }

    @Test("a file that cannot be used has its sentence; who may not read it learns of the group himds")
    func files() {
        for (refusal, status) in [
            (FileRefusal.forbidden, Status.unsupported), (.missing, .untrusted), (.notRegular, .untrusted),
            (.tooLarge, .untrusted), (.failed("input/output error"), .unsupported),
        ] {
            platform.world.machine.put(file, .failure(refusal))
            challenge("basic realm=\"\(file)\"")
            let error = platform.failure()
            #expect(error?.status == status && error?.message.contains(file) == true)
            #expect((error?.hint?.contains("group himds") == true) == (refusal == .forbidden))
        }
        for content in ["", "\n", "two\nlines", "a b"] {
            platform.world.machine.put(file, .success(content))
            challenge("Basic realm=\(file)")
            #expect(platform.failure()?.message.contains("holds no key") == true)
        }
    }

    @Test("the answer must name the identity that was asked for, as old agents answer for the system's")
    func echo() throws {
        platform.world.machine.put(file, .success("key"))
        let cases: [(OptionName, String, String, Bool)] = [
            (.clientID, "Abc", "\"client_id\":\"aBC\"", true), (.clientID, "abc", "\"client_id\":\"other\"", false),
            (.clientID, "abc", "\"object_id\":\"abc\"", false), (.objectID, "abc", "\"object_id\":\"abc\"", true),
            (.resourceID, "/s/A", "\"msi_res_id\":\"/S/a\"", true), (.resourceID, "/s", "\"mi_res_id\":\"/s\"", true),
        ]
        for (option, value, member, isGood) in cases {
            challenge("Basic realm=\(file)")
            platform.world.transport.expect(Answers.token("t", "," + member))
            #expect(platform.failure([option: value])?.status == (isGood ? nil : .untrusted), "\(member)")
        }
        #expect(platform.request.url.hasSuffix("&msi_res_id=%2Fs"))
    }

    @Test("a refused key is told")
    func refused() {
        platform.world.machine.put(file, .success("key"))
        for _ in 0..<2 { challenge("Basic realm=\(file)") }
        #expect(platform.failure()?.status == .rejected)
    }

    @Test("without the variables the agent is where it always is")
    func defaultAddress() throws {
        _ = platform.on([:])
        platform.world.transport.expect(400, "")
        _ = platform.failure([.managedIdentitySource: "arc"])
        #expect(platform.request.url.hasPrefix("http://127.0.0.1:40342\(path)?"))
    }
}

@Suite struct TokenLifetimeTests {
    private func seconds(_ members: String, now: Int = 1_767_225_600) throws -> Int {
        try TokenLifetime.seconds(HTTPResponse(status: 200, body: Secret("{\(members)}")), now: now)
    }

    @Test("a lifetime and a date are taken in every form that was seen")
    func forms() throws {
        // 2026-01-01T00:00:00Z is 1767225600.
        for (members, expected) in [
            ("\"expires_in\":3599", 3599), ("\"expires_in\":\"3599\"", 3599), ("\"expires_on\":\"1767229200\"", 3600),
            ("\"expires_on\":1767229200", 3600), ("\"expires_on\":\"3599\"", 3599),
            ("\"expires_in\":\"60\",\"expires_on\":\"1767229200\"", 60),
            ("\"expires_on\":\"2026-01-01T01:00:00Z\"", 3600),
            ("\"expires_on\":\"2026-01-01T01:00:00.123+00:00\"", 3600),
            ("\"expires_on\":\"01/01/2026 01:00:00 +00:00\"", 3600),
            ("\"expires_on\":\"1/1/2026 1:00:00 AM +00:00\"", 3600),
            ("\"expires_on\":\"1/1/2026 1:00:00 PM +00:00\"", 13 * 3600),
            ("\"expires_on\":\"1/1/2026 12:00:01 AM +00:00\"", 1),
            ("\"expires_on\":\"2026-03-01T00:00:00Z\"", 59 * 86400),
            ("\"expires_on\":\"1767000000\"", 0), ("\"expires_on\":9223372036854775807", 90 * 86400),
        ] { #expect(try seconds(members) == expected, "\(members)") }
        #expect(try seconds("\"expires_on\":\"2024-03-01T00:00:00Z\"", now: 1_709_164_800) == 86400)
    }

    @Test("what is no date is not guessed")
    func refused() {
        for members in [
            "", "\"expires_on\":\"\"", "\"expires_on\":\"soon\"", "\"expires_on\":\"2026-01-01T01:00:00\"",
            "\"expires_on\":\"2026-01-01T01:00:00+02:00\"", "\"expires_on\":\"2026-13-01T01:00:00Z\"",
            "\"expires_on\":\"13/32/2026 01:00:00 +00:00\"", "\"expires_on\":\"1/1/2026 13:00:00 PM +00:00\"",
            "\"expires_on\":\"2026-01-01Z\"",
        ] { #expect(status { _ = try seconds(members) } == .untrusted, "\(members)") }
    }
}
