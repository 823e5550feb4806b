import Testing

@testable import MSAuth

@Suite struct OptionsTests {
    @Test(
        "a value that is not of its kind is refused with what is taken",
        arguments: [
            ("wait", "yes", "true or false"), ("timeout", "-1", "from 0 to 86400"), ("timeout", "1e3", "whole seconds"),
            ("timeout", "99999999999999999999", "whole seconds"), ("store", "plain", "secret-service, memory"),
            ("grant", "magic", "device_code"), ("tenant", "../x", "a GUID, a domain"), ("claims", "[]", "JSON object"),
            ("authority", "http://x", "https://HOST"), ("authority", "https://u:p@x", "https://HOST"),
            ("authority", "https://x/a?b", "https://HOST"), ("authority", "https://x/?q", "https://HOST"),
            ("ca_file", "~/x", "shell"), ("proxy", "ftp://x", "http://"), ("log", "fd:x", "descriptor"),
            ("service", "mail", "graph, azure"), ("url", "contoso.sharepoint.com", "https address"),
            ("url", "http://a", "https"),
            ("client_id", "a b", "GUID"), ("client_id", "", "empty"), ("scopes", "a\nb", "newline"),
            ("resource", "a b", "more than one"), ("client_secret", "", "empty"), ("client_secret", "a\n", "newline"),
            ("client_certificate", "app.pem", "whole path"), ("certificate_thumbprint", "abc", "40 hexadecimal"),
            ("assertion_variable", "$TOKEN", "not the variable's value"), ("port", "65536", "from 1 to 65535"),
            ("port", "http", "whole number"),
            ("redirect_uri", "http://app.contoso.com/", "localhost alone"),
            ("application", String(repeating: "a", count: 129), "128"),
            ("client_certificate_key_uri", "file:/key", "pkcs11:"),
            ("client_certificate_key_uri", "pkcs11:object=k?PIN-value=1", "holds the PIN"),
            ("certificate_thumbprint", "x5", "40 hexadecimal"), ("certificate_algorithm", "ES256", "PS256, RS256"),
        ])
    func refused(_ name: String, _ value: String, _ says: String) {
        var options = Options()
        let error = #expect(throws: MSAuthError.self) { try options.set(name, Secret(value)) }
        #expect(error?.status == .invalidArgument)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(name) == true)
    }

    @Test("a failed set is remembered until the same option is set well")
    func remembered() throws {
        var options = Options()
        try? options.set("wait", Secret("perhaps"))
        #expect(status { try options.check(for: .connect) } == .invalidArgument)
        try options.set("wait", Secret("true"))
        try options.check(for: .connect)
    }

    @Test("NULL takes an option back")
    func takenBack() throws {
        var options = Options()
        try options.set("scopes", Secret("a"))
        try options.set("scopes", nil)
        #expect(options[.scopes] == nil && options.isEmpty)
    }

    @Test("an option of another call is refused by name")
    func otherCall() throws {
        var options = Options()
        try options.set("keep", Secret("settings"))
        #expect(status { try options.check(for: .acquire) } == .invalidArgument)
        try options.check(for: .disconnect)
    }

    @Test("a secret's value is in no message")
    func silent() {
        var options = Options()
        let error = #expect(throws: MSAuthError.self) { try options.set("client_secret", Secret("hunter2\n")) }
        #expect(error?.message.contains("hunter2") == false)
        let mistaken = #expect(throws: MSAuthError.self) {
            try options.set("assertion_variable", Secret("e30.hunter2.c2ln"))
        }
        #expect(mistaken?.message.contains("hunter2") == false)
    }

    @Test("bytes that are no text, and texts beyond bounds, are refused")
    func bounds() {
        var options = Options()
        #expect(status { try options.set("scopes", Secret([0xFF])) } == .invalidArgument)
        #expect(
            status { try options.set("scopes", Secret(String(repeating: "a", count: 1 << 20))) } == .invalidArgument)
        #expect(
            status { try options.set("client_secret", Secret(String(repeating: "a", count: 1 << 20))) }
                == .invalidArgument)
        #expect(status { try options.set(String(repeating: "x", count: 1 << 16), nil) } == .invalidArgument)
    }

    @Test("an option is looked for in the call, then in the connection, then in the client")
    func order() throws {
        let client = try Fixture.options([.tenant: "client.com", .scopes: "c", .clientID: "c"])
        let call = try Fixture.options([.resource: "https://r"])
        let record = Record(settings: [.tenant: "record.com", .scopes: "b"])
        let settings = Settings(call: call, record: record, client: client)
        #expect(settings[.tenant] == "record.com")
        #expect(settings[.clientID] == "c")
        #expect(settings[.minValidity] == "300")
        #expect(try settings.scopes.description == "https://r/.default")
        #expect(try Settings(call: Options(), record: record, client: client).scopes.description == "b")
        #expect(
            try Settings(call: Options(), client: Options()).scopes == Scopes("https://graph.microsoft.com/.default"))
    }

    @Test("scopes and resource in one place exclude each other")
    func either() throws {
        let call = try Fixture.options([.resource: "https://r", .scopes: "s"])
        #expect(status { _ = try Settings(call: call, client: Options()).scopes } == .invalidArgument)
    }
}
