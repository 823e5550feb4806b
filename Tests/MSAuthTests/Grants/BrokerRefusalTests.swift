import Testing

@testable import MSAuth

@Suite struct BrokerRefusalTests {
    private func read(_ httpStatus: Int, _ body: String, headers: [String: String] = [:]) throws -> MSAuthError {
        let registration = try BrokerRegistration(
            Settings(call: Fixture.options([.brokerID: "id-1", .brokerApp: "ms-graph-mail"]), client: Options()))
        return BrokerRefusal(
            HTTPResponse(status: httpStatus, headers: headers, body: Secret(body)), registration,
            secrets: [Secret("tok-ABC.123")]
        ).error
    }

    @Test(
        "each shape is told in one sentence",
        arguments: [
            ("{\"message\":\"unknown registration\"}", "The token broker refused (HTTP 400): unknown registration."),
            (
                "{\"title\":\"Bad\",\"detail\":\"No such app.\"}",
                "The token broker refused (HTTP 400): Bad: No such app."
            ),
            ("{\"title\":\"Bad\"}", "The token broker refused (HTTP 400): Bad."),
            ("{\"error\":\"odd\"}", "The token broker refused (HTTP 400): odd."),
            ("{\"error\":{\"code\":\"x\",\"message\":\"odd\"}}", "The token broker refused (HTTP 400): odd."),
            ("\"odd!\"", "The token broker refused (HTTP 400): odd!"),
            ("Bad\nRequest", "The token broker refused (HTTP 400): Bad Request."),
            ("you sent tok-ABC.123", "The token broker refused (HTTP 400): you sent [redacted]."),
            ("", "The token broker answered with HTTP 400 and no reason that can be read."),
            ("{}", "The token broker answered with HTTP 400 and no reason that can be read."),
            ("{\"message\":\"\"}", "The token broker answered with HTTP 400 and no reason that can be read."),
            ("<html>oops</html>", "The token broker answered with HTTP 400 and no reason that can be read."),
        ])
    func shapes(_ body: String, _ sentence: String) throws {
        let error = try read(400, body)
        #expect(error.message == sentence)
        #expect(error.status == .rejected && error.service?.httpStatus == 400)
        #expect(error.hint?.contains("https://oproxy.demisto.ninja/ms-graph-mail") == true)
    }

    private static let entra =
        "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS50173: revoked. Trace ID: x\",\"error_codes\":[50173]}"

    @Test(
        "Entra's error counts as Entra's, wherever it stands",
        arguments: [
            entra, "400 Client Error: \(entra) for url", "{\"title\":\"t\",\"detail\":\(quoted("say \(entra)"))}",
            "{\"message\":\(quoted(entra))}",
        ])
    func embedded(_ body: String) throws {
        let error = try read(400, body)
        #expect(error.status == .interactionRequired && error.service?.aadsts == 50173)
        #expect(error.message == "AADSTS50173: revoked.")
        #expect(error.hint?.contains("Key") == true, "not the hint of one who can sign in at Entra")
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(nil, text)
        return writer.finish().text()
    }

    @Test(
        "the HTTP status says what it means",
        arguments: [
            (302, Status.untrusted), (400, .rejected), (401, .badCredential), (403, .badCredential),
            (404, .configuration), (408, .service), (429, .throttled), (500, .service), (503, .service),
        ])
    func statuses(_ httpStatus: Int, _ expected: Status) throws {
        #expect(try read(httpStatus, "{\"message\":\"m\"}").status == expected)
    }

    @Test("only what was sent can be refused for good")
    func final() throws {
        for httpStatus in [400, 401, 403] { #expect(BrokerRefusal.isFinal(try read(httpStatus, ""))) }
        for httpStatus in [302, 404, 408, 429, 500] { #expect(!BrokerRefusal.isFinal(try read(httpStatus, ""))) }
        #expect(!BrokerRefusal.isFinal(MSAuthError(.network, "down")))
    }

    @Test("Retry-After is told")
    func retryAfter() throws {
        let error = try read(429, "slow", headers: ["retry-after": "17"])
        #expect(error.service?.retryAfter == 17 && error.hint?.contains("17 seconds") == true)
    }
}
