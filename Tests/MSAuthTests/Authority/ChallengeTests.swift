import Testing

@testable import MSAuth

@Suite struct ChallengeTests {
    private func parameters(_ header: String) -> [String: String]? { Challenge.bearer(in: header).first?.parameters }

    @Test("Key Vault names a resource in quotes")
    func keyVault() {
        let header =
            "Bearer authorization=\"https://login.microsoftonline.com/t\", resource=\"https://vault.azure.net\""
        #expect(
            parameters(header) == [
                "authorization": "https://login.microsoftonline.com/t", "resource": "https://vault.azure.net",
            ])
    }

    @Test("Storage leaves quotes and commas out")
    func storage() {
        let header =
            "Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize resource_id=https://storage.azure.com"
        #expect(parameters(header)?["resource_id"] == "https://storage.azure.com")
        #expect(parameters(header)?["authorization_uri"] == "https://login.microsoftonline.com/t/oauth2/authorize")
    }

    @Test("SharePoint's values hold commas")
    func sharePoint() {
        let header =
            "Bearer realm=\"t\",client_id=\"00000003-0000-0ff1-ce00-000000000000\",trusted_issuers=\"a@*,b@*,https://sts/*/\","
            + "authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\""
        #expect(parameters(header)?["client_id"] == "00000003-0000-0ff1-ce00-000000000000")
        #expect(parameters(header)?["trusted_issuers"] == "a@*,b@*,https://sts/*/")
    }

    @Test("Resource Manager and Graph name no resource")
    func others() {
        let arm =
            "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\", error_description=\"x, y=z\""
        #expect(parameters(arm)?["error_description"] == "x, y=z")
        let graph = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\""
        #expect(parameters(graph)?["realm"]?.isEmpty == true)
    }

    @Test("several challenges are told apart, by schemes in any case")
    func several() {
        let header = "Negotiate, NTLM, Basic realm=\"a, b\", bEaReR scope=\"x y\", Bearer resource=r"
        #expect(Challenge.all(in: header).map(\.scheme) == ["Negotiate", "NTLM", "Basic", "bEaReR", "Bearer"])
        #expect(Challenge.bearer(in: header).map(\.parameters) == [["scope": "x y"], ["resource": "r"]])
    }

    @Test("bad form is taken where its meaning is plain: blanks, escapes, an end that is missing, a name twice")
    func tolerant() {
        #expect(parameters("Bearer  resource = \"a\\\"b\"  ,, error=c")?["resource"] == "a\"b")
        #expect(parameters("Bearer resource=\"never ends")?["resource"] == "never ends")
        #expect(parameters("Bearer resource=\"ends\\")?["resource"] == "ends\\")
        #expect(parameters("Bearer resource=a, resource=b")?["resource"] == "a")
        #expect(parameters("Bearer RESOURCE=a")?["resource"] == "a")
        #expect(parameters("Bearer resource=\"a\u{0007}b\"")?["resource"] == "a b")
        #expect(parameters("Bearer \"stray\" resource=a")?["resource"] == "a")
    }

    @Test(
        "nonsense is no challenge, and ends",
        arguments: [
            "", ",", "=", "\"", "===", "a=b", "Bearer", "\u{0000}", "=\"", ",=,=,\"\\",
            String(repeating: "Bearer a=\"", count: 10_000),
        ])
    func nonsense(_ header: String) {
        #expect(Challenge.bearer(in: header).allSatisfy { $0.parameters["resource"] == nil })
    }

    @Test("whatever arrives is read to its end")
    func anything() {
        var random = LinearRandom()
        let parts = [
            "Bearer", "Basic", " ", ",", "=", "\"", "\\", "resource", "scope", "\t", "\u{00E9}", "\u{0000}", "a",
            "https://x/",
        ]
        for _ in 0..<4_000 {
            let header = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                parts.randomElement(using: &random) ?? ""
            }
            for challenge in Challenge.all(in: header.joined()) {
                #expect(!challenge.scheme.isEmpty)
                #expect(challenge.parameters.keys.allSatisfy { !$0.isEmpty && $0 == $0.lowercased() })
            }
        }
    }
}

/// The same numbers each time.
private struct LinearRandom: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}
