import Testing

@testable import MSAuth

@Suite struct ClientCertificateTests {
    private let world = Fixture()
    private let name = try! ConnectionName("ci")
    private let sha1 = String(repeating: "FB", count: 20)

    private func options(_ values: [OptionName: String] = [:]) throws -> Options {
        world.certificates.put("/app.pem", "app")
        return try Fixture.options(
            [
                .grant: "certificate", .clientID: Fixture.clientID, .tenant: "contoso.com",
                .clientCertificate: "/app.pem",
            ].merging(values) { $1 }.filter { !$0.value.isEmpty })
    }

    private func connect(_ client: Client, _ options: Options) throws {
        world.transport.expect(Answers.token())
        _ = try client.connect(name, options, Run(client.environment, options, cancellation: Cancellation()))
    }

    private func acquire(_ client: Client, _ values: [OptionName: String] = [.refresh: "true"]) throws {
        world.transport.expect(Answers.token())
        let options = try Fixture.options(values)
        _ = try client.acquire(name, options, Run(client.environment, options, cancellation: Cancellation()))
    }

    /// Header, claims and signature of what the request at that place proved itself with.
    private func assertion(_ index: Int) throws -> (header: [String: JSON], claims: [String: JSON], signature: String) {
        let text = try #require(world.transport.form(index)["client_assertion"])
        let parts = text.split(separator: ".").map { Base64.decode($0.utf8) }
        let header = try #require(parts[0].flatMap { JSON($0) }?.object)
        let claims = try #require(parts[1].flatMap { JSON($0) }?.object)
        return (header, claims, try #require(parts[2]).text())
    }

    @Test("proves itself by an assertion in place of a secret")
    func proves() throws {
        try connect(world.client(), options())
        var form = world.transport.form(0)
        #expect(form.removeValue(forKey: "client_assertion")?.split(separator: ".").count == 3)
        #expect(
            form == [
                "client_id": Fixture.clientID, "grant_type": "client_credentials",
                "scope": "https://graph.microsoft.com/.default",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ])
    }

    @Test("the assertion says what RFC 7523 and Entra ask for")
    func says() throws {
        try connect(world.client(), options())
        let (header, claims, signature) = try assertion(0)
        let digits = Base64.encode([UInt8](repeating: 0xFF, count: 32), .url).text()
        #expect(header == ["alg": .string("PS256"), "typ": .string("JWT"), "x5t#S256": .string(digits)])
        #expect(claims["aud"]?.string == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token")
        #expect(claims["iss"]?.string == Fixture.clientID && claims["sub"]?.string == Fixture.clientID)
        #expect(claims["nbf"]?.integer == world.clock.wall && claims["exp"]?.integer == world.clock.wall + 600)
        #expect(claims["jti"]?.string?.count == 36 && claims.count == 6)
        #expect(signature == "PS256 by app")
    }

    @Test("AD FS, and who asks for it, get RS256 and the SHA-1 thumbprint")
    func rs256() throws {
        try connect(world.client(), options([.certificateAlgorithm: "RS256"]))
        try connect(
            world.client(), options([.authority: "https://fs.contoso.com/adfs", .tenant: "", .resource: "api"]))
        for index in 0...1 {
            let (header, _, signature) = try assertion(index)
            #expect(header["alg"]?.string == "RS256" && signature == "RS256 by app")
            #expect(header["x5t"]?.string == Base64.encode([UInt8](repeating: 0xFB, count: 20), .url).text())
            #expect(header["x5t#S256"] == nil)
        }
    }

    @Test("the chain travels when it shall")
    func chain() throws {
        try connect(world.client(), options([.sendCertificateChain: "true"]))
        let chain = try assertion(0).header["x5c"]?.array?.compactMap(\.string)
        #expect(chain == ["app", "issuer"].map { Base64.encode($0.utf8, .standard).text() })
    }

    @Test("a thumbprint stands for the certificate beside a key alone, and decides how to sign")
    func bare() throws {
        world.certificates.put("/key.pem", "bare")
        let client = try world.client()
        try connect(client, options([.clientCertificate: "/key.pem", .certificateThumbprint: sha1]))
        let sha256 = (0..<32).map { _ in "FF" }.joined(separator: ":")
        try connect(client, options([.clientCertificate: "/key.pem", .certificateThumbprint: sha256]))
        #expect(try assertion(0).header["alg"]?.string == "RS256")
        #expect(try assertion(0).header["x5t"] != nil)
        #expect(try assertion(1).header["alg"]?.string == "PS256")
        #expect(try assertion(1).header["x5t#S256"] != nil)
        #expect(world.certificates.openings.map(\.isBare) == [true, true])
        #expect(
            status {
                try connect(
                    client,
                    options([
                        .clientCertificate: "/key.pem", .certificateThumbprint: sha1, .sendCertificateChain: "true",
                    ]))
            } == .unusableKey)
    }

    @Test("a thumbprint beside a certificate must be its own, and changes nothing")
    func thumbprint() throws {
        try connect(world.client(), options([.certificateThumbprint: sha1.lowercased()]))
        #expect(try assertion(0).header["alg"]?.string == "PS256")
        let other = try options([.certificateThumbprint: String(repeating: "00", count: 20)])
        let error = #expect(throws: MSAuthError.self) { try connect(world.client(), other) }
        #expect(error?.status == .unusableKey && error?.message.contains(sha1) == true)
    }

    @Test("a key that cannot sign PS256 signs RS256, and is not asked for the other again")
    func withoutPSS() throws {
        world.certificates.put("/tpm.pem", "no PSS")
        let client = try world.client()
        try connect(client, options([.clientCertificate: "/tpm.pem"]))
        try acquire(client, [.tenant: "fabrikam.com"])
        for index in 0...1 {
            let (header, _, signature) = try assertion(index)
            #expect(header["alg"]?.string == "RS256" && signature == "RS256 by no PSS")
            #expect(header["x5t"]?.string == Base64.encode([UInt8](repeating: 0xFB, count: 20), .url).text())
        }
        #expect(world.log.lines.all.filter { $0.contains("/tpm.pem") && $0.contains("RS256") }.count == 1)
        // Another file's key is another key.
        try connect(client, options())
        #expect(try assertion(2).header["alg"]?.string == "PS256")
    }

    @Test("PS256 that was asked for is not replaced, and a key that signs nothing is our mistake")
    func onlyPSS() throws {
        world.certificates.put("/tpm.pem", "no PSS")
        let error = #expect(throws: MSAuthError.self) {
            try connect(
                world.client(), options([.clientCertificate: "/tpm.pem", .certificateAlgorithm: "PS256"]))
        }
        #expect(error?.status == .unusableKey && error?.hint?.contains("certificate_algorithm") == true)
        world.certificates.put("/broken.pem", "broken")
        #expect(status { try connect(world.client(), options([.clientCertificate: "/broken.pem"])) } == .internalError)
        #expect(world.transport.requests.isEmpty)
    }

    @Test("a key in a device goes by its URI, with the certificate from a file, by its thumbprint, or beside it")
    func device() throws {
        let uri = "pkcs11:token=t;object=app"
        let client = try world.client()
        try connect(client, options([.clientCertificateKeyURI: uri]))
        try connect(
            client,
            options([.clientCertificate: "", .clientCertificateKeyURI: uri, .certificateThumbprint: sha1]))
        let opened = world.certificates.openings
        #expect(opened.map(\.uri) == [uri, uri] && opened.map { $0.bytes.text() } == ["app", ""])
        #expect(opened.map(\.isBare) == [false, true])
        let both = try options([.clientCertificateKeyURI: uri, .clientCertificateKey: "/app.key"])
        let error = #expect(throws: MSAuthError.self) { try connect(client, both) }
        #expect(error?.status == .invalidArgument && error?.message.contains("client_certificate_key_uri") == true)
        try connect(client, options([.clientCertificate: "", .clientCertificateKeyURI: uri]))
        #expect(world.certificates.openings.last?.isBare == false)
    }

    @Test("a connection keeps the URI; another key takes its place, and its PIN goes")
    func keptDevice() throws {
        let uri: [OptionName: String] = [.clientCertificateKeyURI: "handle:0x81000001"]
        try connect(world.client(), options(uri.merging([.clientCertificatePassword: "1234"]) { $1 }))
        try acquire(world.client())
        try acquire(world.client(), uri.merging([.refresh: "true"]) { $1 })
        try acquire(world.client(), [.refresh: "true", .clientCertificateKeyURI: "handle:0x81000002"])
        world.certificates.put("/app.key", "key")
        try acquire(world.client(), [.refresh: "true", .clientCertificateKey: "/app.key"])
        let opened = world.certificates.openings
        #expect(opened.map { $0.password?.text() } == ["1234", "1234", "1234", nil, nil])
        #expect(opened.map(\.uri) == Array(repeating: "handle:0x81000001", count: 3) + ["handle:0x81000002", nil])
        let bare = try options([
            .clientCertificate: "", .certificateThumbprint: sha1, .clientCertificateKeyURI: "handle:0x81000001",
        ])
        world.transport.expect(Answers.token())
        let other = try ConnectionName("bare")
        _ = try world.client().connect(other, bare, Run(world.environment, bare, cancellation: Cancellation()))
        #expect(try world.store.record("bare")?.isRenewable == true)
    }

    @Test("an assertion is used again for its audience until a minute before its end")
    func reused() throws {
        let client = try world.client()
        try connect(client, options())
        world.clock.advance(539)
        try acquire(client)
        #expect(try assertion(1).claims == assertion(0).claims)
        world.clock.advance(1)
        try acquire(client)
        #expect(try assertion(2).claims["jti"] != assertion(0).claims["jti"])
        try acquire(client, [.tenant: "fabrikam.com"])
        #expect(
            try assertion(3).claims["aud"]?.string
                == "https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token")
        #expect(world.certificates.openings.count == 3)
    }

    @Test("an assertion is not used before its beginning: the clock was set back")
    func setBack() throws {
        let client = try world.client()
        try connect(client, options())
        world.clock.setWall(world.clock.wall - 1000)
        try acquire(client)
        #expect(try assertion(1).claims["nbf"]?.integer == world.clock.wall)
    }

    @Test("a file that was replaced is read anew")
    func replaced() throws {
        let client = try world.client()
        try connect(client, options())
        world.certificates.put("/app.pem", "renewed")
        try acquire(client)
        #expect(try assertion(1).signature == "PS256 by renewed")
    }

    @Test("the connection keeps the path, and bytes and password as secrets")
    func kept() throws {
        var given = try options([.clientCertificate: "", .clientCertificatePassword: "pw"])
        try given.set("client_certificate_data", Secret("app"))
        try connect(world.client(), given)
        var record = try #require(try world.store.record(name.text))
        #expect(
            record.credentials.mapValues { $0.text() } == [
                .clientCertificateData: "app", .clientCertificatePassword: "pw",
            ])
        #expect(record.isRenewable)
        try acquire(world.client())
        // Another certificate takes the place of this one, with its password.
        try connect(world.client(), options([.grant: "", .clientID: "", .tenant: ""]))
        record = try #require(try world.store.record(name.text))
        #expect(record.credentials.isEmpty && record.settings[.clientCertificate] == "/app.pem")
        #expect(record.isRenewable && record.grant == .certificate)
        try acquire(world.client())
    }

    @Test("a certificate for one call takes nothing from the one that is kept")
    func once() throws {
        world.certificates.put("/app.key", "key")
        world.certificates.put("/other.pem", "other")
        try connect(
            world.client(), options([.clientCertificateKey: "/app.key", .clientCertificatePassword: "pw"]))
        try acquire(world.client(), [.refresh: "true", .clientCertificate: "/other.pem"])
        try acquire(world.client())
        let opened = world.certificates.openings
        #expect(opened.map { $0.bytes.text() } == ["app", "other", "app"])
        #expect(opened.map { $0.key?.text() } == ["key", nil, "key"])
        #expect(opened.map { $0.password?.text() } == ["pw", nil, "pw"])
    }

    @Test("without keep_credentials the bytes must be given again")
    func notKept() throws {
        var given = try options([.clientCertificate: "", .keepCredentials: "false"])
        try given.set("client_certificate_data", Secret("app"))
        try connect(world.client(), given)
        #expect(try world.store.record(name.text)?.isRenewable == false)
        let error = #expect(throws: MSAuthError.self) {
            let run = Run(try world.client().environment, Options(), cancellation: Cancellation())
            _ = try world.client().acquire(name, Fixture.options([.refresh: "true"]), run)
        }
        #expect(error?.status == .invalidArgument && error?.message.contains("client_certificate") == true)
    }

    @Test("a file and bytes in one place exclude each other; the nearer place counts")
    func exclude() throws {
        var both = try options()
        try both.set("client_certificate_data", Secret("data"))
        #expect(status { try connect(world.client(), both) } == .invalidArgument)
        var client = Options()
        try client.set("client_certificate_data", Secret("data"))
        try connect(Client(client, world.environment), options())
        #expect(try assertion(0).signature == "PS256 by app")
    }

    @Test("bytes of any kind are taken, and kept as base64 when they are no text")
    func bytes() throws {
        var options = Options()
        try options.set("client_certificate_data", Secret("a\nb"))
        #expect(options.secret(.clientCertificateData)?.text() == "a\nb")
        for binary: [UInt8] in [[0x30, 0xFF, 0x0A], [0x30, 0x00, 0x41]] {
            try options.set("client_certificate_data", Secret(binary))
            let kept = try #require(options.secret(.clientCertificateData))
            #expect(Base64.decode(kept).map { Array($0) } == binary)
        }
        #expect(
            status { try options.set("client_certificate_data", Secret(Array(repeating: 0, count: 65537))) }
                == .invalidArgument)
    }

    @Test("a missing file, and one that is no certificate, are told before any request")
    func unusable() throws {
        #expect(status { try connect(world.client(), options([.clientCertificate: "/nowhere"])) } == .invalidArgument)
        world.certificates.put("/bad.pem", "nonsense")
        let error = #expect(throws: MSAuthError.self) {
            try connect(world.client(), options([.clientCertificate: "/bad.pem"]))
        }
        #expect(error?.status == .unusableKey && error?.message.contains("/bad.pem") == true)
        let none = try options([.clientCertificate: ""])
        #expect(status { try connect(world.client(), none) } == .invalidArgument)
        #expect(world.transport.requests.isEmpty)
    }

    @Test(
        "a certificate out of its time is a line in the log, and the service's to refuse",
        arguments: [("expired", "has expired"), ("early", "is not valid yet")])
    func untimely(_ certificate: String, _ says: String) throws {
        world.certificates.put("/old.pem", certificate)
        try connect(world.client(), options([.clientCertificate: "/old.pem"]))
        #expect(world.log.lines.all.contains { $0.contains("/old.pem") && $0.contains(says) })
    }
}
