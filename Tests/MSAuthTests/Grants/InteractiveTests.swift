import Testing

@testable import MSAuth

@Suite struct InteractiveTests {
    private let world = Fixture()
    private let name: ConnectionName
    private let prompts = Collected<Prompt>()

    init() throws { name = try ConnectionName("work") }

    private func connect(_ more: [OptionName: String] = [:]) throws -> TokenAnswer? {
        let options = try Fixture.browserOptions(.interactive, more)
        return try world.client().connect(name, options, world.run(options, prompts: prompts))
    }

    private static func asked(_ prompts: Collected<Prompt>) -> Parameters? {
        prompts.all.first?.fields.first { $0.name == "authorization_url" }.flatMap { field in
            Parameters(field.value.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())
        }
    }

    /// Lets a browser come back with what `requests` makes of the state.
    private func arrive(_ requests: @escaping @Sendable (_ state: String, _ host: String) -> [LoopbackRequest]) {
        world.listener.arrive { [prompts] port in
            requests(InteractiveTests.asked(prompts)?.text("state") ?? "", "localhost:\(port)")
        }
    }

    private func expectToken(username: String = "alice@contoso.com") {
        world.transport.expect { [prompts] _ in
            let nonce = InteractiveTests.asked(prompts)?.text("nonce") ?? ""
            return .success(
                HTTPResponse(status: 200, body: Secret(Answers.page(nonce: nonce, username: username))))
        }
    }

    private static func get(_ target: String, _ host: String, method: String = "GET") -> LoopbackRequest {
        LoopbackRequest(method: method, target: Secret(target), host: host)
    }

    @Test("the browser comes back to a port of this machine, and the connection is signed in")
    func signsIn() throws {
        arrive { state, host in [InteractiveTests.get("/?code=CODE&state=\(state)", host)] }
        expectToken()
        let answer = try #require(try connect())
        #expect(answer.account?.username == "alice@contoso.com")
        let asked = try #require(InteractiveTests.asked(prompts))
        #expect(asked.text("redirect_uri") == "http://localhost:54321" && asked.text("response_mode") == "query")
        #expect(world.listener.asked.all == ["localhost any"])
        #expect(world.browser.opened.all.count == 1)
        #expect(world.browser.opened.all[0].hasPrefix("browser https://login.microsoftonline.com/"))
        #expect(world.transport.form(0)["code"] == "CODE")
        #expect(world.transport.form(0)["redirect_uri"] == "http://localhost:54321")
        #expect(world.listener.closings.all.first == 54321)
        #expect(world.listener.answers.all[0].page.contains("You can close this page"))
        #expect(try world.store.record("work")?.refreshToken?.text() == "refresh-1")
    }

    @Test("a browser that cannot be started is no error: the address has been shown")
    func browserFails() throws {
        world.browser.fail()
        arrive { state, host in [InteractiveTests.get("/?code=CODE&state=\(state)", host)] }
        expectToken()
        #expect(try connect() != nil)
        #expect(world.log.lines.all.contains("browser could not be started"))
    }

    @Test("the answer may come as a form, and to a path and port that are registered")
    func formPost() throws {
        arrive { state, _ in
            [
                LoopbackRequest(
                    method: "POST", target: Secret("/myapp"), host: "127.0.0.1:8400",
                    contentType: "application/x-www-form-urlencoded; charset=utf-8",
                    body: Secret("state=\(state)&code=CODE"))
            ]
        }
        expectToken()
        _ = try connect([
            .responseMode: "form_post", .redirectURI: "http://127.0.0.1/myapp", .port: "8400", .browser: "none",
        ])
        #expect(world.listener.asked.all == ["127.0.0.1 8400"] && world.browser.opened.all.isEmpty)
        #expect(world.transport.form(0)["redirect_uri"] == "http://127.0.0.1:8400/myapp")
        #expect(InteractiveTests.asked(prompts)?.text("response_mode") == "form_post")
    }

    @Test("everything else that arrives is answered, and the sign-in waits on")
    func others() throws {
        arrive { state, host in
            [
                InteractiveTests.get("/favicon.ico", host), InteractiveTests.get("/", host),
                InteractiveTests.get("/?code=CODE&state=other", host),
                InteractiveTests.get("/?error=access_denied", host),
                InteractiveTests.get("/?code=CODE&state=\(state)", "evil.example:54321"),
                InteractiveTests.get("/?code=CODE&state=\(state)", "localhost:1"),
                InteractiveTests.get("/?code=CODE&state=\(state)", host, method: "PUT"),
                InteractiveTests.get("/?code=A&code=B&state=\(state)", host),
                LoopbackRequest(
                    method: "POST", target: Secret("/"), host: host, contentType: "text/plain",
                    body: Secret("code=CODE&state=\(state)")),
                InteractiveTests.get("/?code=CODE&state=\(state)", host),
            ]
        }
        expectToken()
        #expect(try connect() != nil)
        #expect(world.listener.answers.all.map(\.status) == [404, 400, 400, 400, 400, 400, 405, 400, 415, 200])
    }

    @Test("a refusal is shown on the page as text, and ends the sign-in")
    func denied() throws {
        arrive { state, host in
            [
                InteractiveTests.get(
                    "/?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state=\(state)", host)
            ]
        }
        #expect(status { _ = try connect() } == .denied)
        let page = world.listener.answers.all[0].page
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"))
        #expect(!page.contains("http://") && !page.contains("https://"), "nothing is fetched from elsewhere")
        #expect(try world.store.record("work") == nil)
    }

    @Test("nobody comes: the sign-in expires and the port is given back")
    func nobody() throws {
        #expect(status { _ = try connect() } == .expired)
        #expect(world.listener.closings.all == [54321])
    }

    @Test("somebody else than the login_hint is not believed")
    func otherAccount() throws {
        arrive { state, host in [InteractiveTests.get("/?code=CODE&state=\(state)", host)] }
        expectToken(username: "mallory@contoso.com")
        #expect(status { _ = try connect([.loginHint: "Alice@contoso.com"]) } == .untrusted)
        #expect(try world.store.record("work") == nil)
    }

    @Test(
        "only an address of this machine is one to come back to",
        arguments: ["https://localhost", "https://app.contoso.com", "http://localhost?x=1", "msauth://localhost"])
    func elsewhere(_ redirectURI: String) {
        #expect(status { _ = try connect([.redirectURI: redirectURI]) } == .invalidArgument)
        #expect(world.listener.asked.all.isEmpty)
    }
}
