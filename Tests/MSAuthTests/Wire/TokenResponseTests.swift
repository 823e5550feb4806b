import Testing

@testable import MSAuth

@Suite struct TokenResponseTests {
    private func read(_ body: String) throws -> TokenResponse {
        try TokenResponse(HTTPResponse(status: 200, body: Secret(body)))
    }

    @Test("reads what RFC 6749 section 5.1 shows")
    func rfc() throws {
        let response = try read(
            """
            {"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,
             "refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}
            """)
        #expect(response.accessToken.text() == "2YotnFZFEjr1zCsicMWpAA")
        #expect(response.tokenType == "example")
        #expect(response.expiresIn == 3600)
        #expect(response.refreshToken?.text() == "tGzv3JOkF0XG5Qx2TlKWIA")
    }

    @Test("takes a lifetime as text, and at most 90 days")
    func lifetimes() throws {
        #expect(try read("{\"access_token\":\"a\",\"expires_in\":\"3599\"}").expiresIn == 3599)
        #expect(try read("{\"access_token\":\"a\",\"expires_in\":99999999999}").expiresIn == 90 * 86400)
        #expect(try read("{\"access_token\":\"a\"}").expiresIn == 3600)
    }

    @Test(
        "refuses an answer that cannot be trusted",
        arguments: [
            "", "<html>", "[]", "{}", "{\"access_token\":\"\"}", "{\"access_token\":5}", "{\"access_token\":\"a b\"}",
            "{\"access_token\":\"a\\n\"}", "{\"access_token\":\"$(x)\"}", "{\"access_token\":\"a\",\"expires_in\":-1}",
            "{\"access_token\":\"a\",\"expires_in\":\"abc\"}", "{\"access_token\":\"a\",\"expires_in\":1e400}",
            "{\"access_token\":\"a\",\"expires_in\":9223372036854775808}",
            "{\"access_token\":\"a\",\"expires_in\":null}",
            "{\"access_token\":\"a\",\"id_token\":\"x\"}",
        ])
    func refused(_ body: String) { #expect(status { _ = try read(body) } == .untrusted) }

    @Test("ignores a client_info that cannot be read, and reads one that can")
    func clientInfo() throws {
        #expect(try read(Answers.token("a", ",\"client_info\":\"!\"")).clientInfo == nil)
        #expect(try read(Answers.user()).clientInfo?.homeAccountID == "alice.contoso")
    }
}
