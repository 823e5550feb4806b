import Testing

@testable import MSAuth

@Suite struct ServiceErrorTests {
    private func error(_ status: Int, _ body: String, _ headers: [String: String] = [:], secrets: [Secret] = [])
        -> MSAuthError
    {
        ServiceError(HTTPResponse(status: status, headers: headers, body: Secret(body)), secrets: secrets).error
    }

    @Test(
        "the status follows from HTTP status, error and number",
        arguments: [
            (400, "invalid_grant", 70000, Status.interactionRequired), (400, "invalid_grant", 50126, .badCredential),
            (400, "invalid_grant", 50053, .account), (400, "invalid_grant", 65001, .interactionRequired),
            (400, "interaction_required", 50079, .interactionRequired),
            (401, "invalid_client", 7000215, .badCredential),
            (401, "invalid_client", 7000222, .badCredential), (401, "invalid_client", 7000218, .configuration),
            (400, "unauthorized_client", 700016, .configuration), (400, "invalid_scope", 70011, .configuration),
            (400, "invalid_tenant", 90002, .configuration), (400, "authorization_pending", 70016, .interactionRequired),
            (400, "expired_token", 70020, .expired), (400, "authorization_declined", 65004, .denied),
            (400, "bad_verification_code", 70018, .rejected), (429, "invalid_request", 90055, .throttled),
            (503, "temporarily_unavailable", 90033, .service), (400, "something_new", 123456789, .rejected),
            (400, "invalid_grant", 500133, .assertionRequired),
        ])
    func status(_ http: Int, _ code: String, _ number: Int, _ expected: Status) {
        let failure = error(http, Answers.error(code, ",\"error_codes\":[\(number)]"))
        #expect(failure.status == expected)
        #expect(failure.service?.aadsts == number)
        #expect(failure.service?.httpStatus == http)
        #expect(expected == .rejected || failure.hint != nil)
    }

    @Test("reads the number from the description when there are no error_codes, and takes IDs and time out of it")
    func description() {
        let failure = error(
            400,
            Answers.error(
                "invalid_grant",
                ",\"error_description\":\"AADSTS50173: The grant has expired. Trace ID: t-1 Correlation ID: c-1 Timestamp: x\","
                    + "\"trace_id\":\"t-1\",\"correlation_id\":\"c-1\",\"suberror\":\"bad_token\",\"claims\":\"{}\""))
        #expect(failure.message == "AADSTS50173: The grant has expired.")
        #expect(failure.service?.aadsts == 50173)
        #expect(failure.service?.traceID == "t-1" && failure.service?.correlationID == "c-1")
        #expect(failure.service?.suberror == "bad_token" && failure.service?.claims == "{}")
    }

    @Test(
        "an answer without an error that can be read is told by its HTTP status",
        arguments: [
            (302, Status.untrusted), (404, .configuration), (408, .service), (429, .throttled), (500, .service),
            (503, .service),
            (418, .rejected),
        ])
    func bare(_ http: Int, _ expected: Status) {
        let failure = error(http, "<html>nonsense</html>")
        #expect(failure.status == expected)
        #expect(!failure.message.contains("nonsense"))
    }

    @Test(
        "Retry-After is passed on when it is seconds, or a date by the service's own clock",
        arguments: [
            ("17", 17), ("-1", nil), ("soon", nil), ("9999999999999999999", nil), ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
            ("Sun, 06 Nov 1994 08:49:36 GMT", nil), ("Wed, 06 Nov 1996 08:49:37 GMT", nil),
        ])
    func retryAfter(_ header: String, _ expected: Int?) {
        let headers = ["retry-after": header, "date": "Sun, 06 Nov 1994 08:49:37 GMT"]
        #expect(error(429, "", headers).service?.retryAfter == expected)
        // A date says nothing beside a clock that nobody knows.
        #expect(
            error(429, "", ["retry-after": header]).service?.retryAfter == Int(header).flatMap { $0 == 17 ? $0 : nil })
    }

    @Test("a secret that the service repeats is in no message")
    func redacted() {
        let failure = error(
            401, Answers.error("invalid_client", ",\"error_description\":\"wrong: hunter22 \\u001b[2J\""),
            secrets: [Secret("hunter22")])
        #expect(failure.message == "wrong: [redacted] [2J")
    }

    @Test("nor is one in any field of the error")
    func redactedFields() {
        let body =
            "{\"error\":\"e-hunter22\",\"suberror\":\"hunter22\",\"claims\":\"{hunter22}\",\"trace_id\":\"hunter22\",\"correlation_id\":\"hunter22\"}"
        let failure = error(400, body, ["client-request-id": "hunter22"], secrets: [Secret("hunter22")])
        #expect(!failure.json.text().contains("hunter22"))
    }

    @Test("no number stands twice in the table")
    func table() { #expect(AADSTS.table.count > 120) }
}
