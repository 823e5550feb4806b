import Testing

@testable import MSAuth

@Suite struct DeviceAuthorizationTests {
    private func read(_ body: String) throws -> DeviceAuthorization {
        try DeviceAuthorization(HTTPResponse(status: 200, body: Secret(body)))
    }

    @Test("reads what RFC 8628 section 3.2 shows, with an interval of five seconds when none is said")
    func rfc() throws {
        let authorization = try read(
            """
            {"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
             "verification_uri":"https://example.com/device","expires_in":1800}
            """)
        #expect(authorization.userCode == "WDJB-MJHT")
        #expect(authorization.interval == 5)
        #expect(authorization.message.contains("https://example.com/device"))
    }

    @Test(
        "refuses an address that is not https, and what lacks a member",
        arguments: [
            ("\"https://microsoft.com/devicelogin\"", "\"javascript:alert(1)\""), ("verification_uri", "another_uri"),
            ("\"https://microsoft.com/devicelogin\"", "\"http://microsoft.com/devicelogin\""),
            ("\"https://microsoft.com/devicelogin\"", "\"https://a@b/\""), ("\"DEVICE\"", "\"\""),
            ("\"ABCD-EFGH\"", "\"\\u001b\""),
            ("900", "-1"), ("900", "\"x\""),
        ])
    func refused(_ good: String, _ bad: String) {
        #expect(status { _ = try read(Answers.device().replacing(good, with: bad)) } == .untrusted)
    }

    @Test("bounds the interval and the lifetime")
    func bounded() throws {
        #expect(try read(Answers.device(interval: 0)).interval == 1)
        #expect(try read(Answers.device(interval: 99999)).interval == 3600)
        #expect(try read(Answers.device(expiresIn: 10_000_000)).expiresIn == 86400)
    }
}
