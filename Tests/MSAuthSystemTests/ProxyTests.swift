import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct ProxyTests {
    static let url = "https://login.microsoftonline.com/common/oauth2/v2.0/token"

    static func choose(
        _ option: String? = nil, exceptions: String? = nil, url: String = url, _ variables: [String: String] = [:]
    ) throws -> Proxy? {
        try Proxy.choose(for: url, option: option, exceptions: exceptions) { variables[$0] }
    }

    @Test("the option, then the variables in curl's order")
    func order() throws {
        var variables = ["ALL_PROXY": "http://d", "all_proxy": "http://c", "HTTPS_PROXY": "http://b"]
        #expect(try ProxyTests.choose() == nil)
        #expect(try ProxyTests.choose(variables)?.name == "http://b")
        variables["https_proxy"] = "http://a"
        #expect(try ProxyTests.choose(variables)?.source == "the variable https_proxy")
        #expect(try ProxyTests.choose("socks5h://o:1", variables)?.source == "the option \"proxy\"")
        #expect(try ProxyTests.choose("", variables) == nil)
        #expect(try ProxyTests.choose(["all_proxy": "c:3128", "ALL_PROXY": "d"])?.name == "http://c:3128")
        #expect(try ProxyTests.choose(["HTTP_PROXY": "http://other"]) == nil)
    }

    private static func choose(_ variables: [String: String]) throws -> Proxy? { try choose(nil, variables) }

    @Test("a name has no user and no password")
    func names() throws {
        let proxy = try #require(try ProxyTests.choose("HTTP://us%40er:p@ss@host:3128/"))
        #expect(proxy.name == "http://host:3128")
        #expect(proxy.address == "http://us%40er:p%40ss@host:3128")
        #expect(try ProxyTests.choose("http://@host")?.address == "http://@host")
        #expect(try ProxyTests.choose("http://user@host")?.address == "http://user@host")
        #expect(!proxy.isTLS)
        #expect(try ProxyTests.choose("https://[::1]:3128")?.name == "https://[::1]:3128")
        #expect(try ProxyTests.choose("https://host")?.isTLS == true)
    }

    @Test(
        "what is no address of a proxy is refused without being shown",
        arguments: [
            "ftp://secret@host", "http://user:%0Asecret@host", "http://us%1fer:secret@host", "http://",
            "http://user:se/cret@host", "http://user:sec ret@host", "http://sécret@h",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: MSAuthError.self) { try ProxyTests.choose(["HTTPS_PROXY": text]) }
        #expect(error?.status == .invalidArgument)
        #expect(error?.message.contains("HTTPS_PROXY") == true)
        #expect(error?.message.contains("cret") == false)
    }

    @Test("exceptions are names and what is below them, addresses, networks and ports")
    func exceptions() throws {
        let cases: [(list: String, url: String, isException: Bool)] = [
            ("*", "https://login.example.com", true),
            ("example.com", "https://login.example.com", true),
            ("example.com", "https://example.com/", true),
            ("EXAMPLE.com", "https://LOGIN.example.COM", true),
            (".example.com", "https://login.example.com", true),
            ("*.example.com", "https://login.example.com", true),
            ("example.com.", "https://login.example.com.", true),
            ("example.com", "https://notexample.com", false),
            ("login.example.com", "https://example.com", false),
            ("a.test,example.com", "https://example.com", true),
            ("a.test example.com", "https://example.com", true),
            (" , ,", "https://example.com", false),
            (".", "https://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("example.com:8443", "https://example.com", false),
            ("example.com:8443", "https://example.com:8443", true),
            ("example.com:x", "https://example.com", false),
            ("10.0.0.1", "https://10.0.0.1", true),
            ("0.0.1", "https://10.0.0.1", false),
            ("10.0.0.0/8", "https://10.1.2.3:8443", true),
            ("10.0.0.0/9", "https://10.128.0.1", false),
            ("10.0.0.0/33", "https://10.0.0.0", false),
            ("10.0.0.0/x", "https://10.0.0.0", false),
            ("0.0.0.0/0", "https://10.0.0.1", true),
            ("0.0.0.0/0", "https://example.com", false),
            ("::1", "https://[::1]", true),
            ("[::1]", "https://[0:0::1]", true),
            ("[::1]:8443", "https://[::1]", false),
            ("[::1]:8443", "https://[::1]:8443", true),
            ("fd00::/8", "https://[fd12::1]", true),
            ("fd00::/8", "https://[fe80::1]", false),
            ("example.com", "https://10.0.0.1", false),
        ]
        for each in cases {
            let chosen = try ProxyTests.choose("http://p", exceptions: each.list, url: each.url)
            #expect((chosen == nil) == each.isException, "\(each)")
        }
    }

    @Test("the option's exceptions, then the variables'")
    func listOrder() throws {
        let variables = ["NO_PROXY": "*", "https_proxy": "http://p"]
        #expect(try ProxyTests.choose(variables) == nil)
        #expect(try ProxyTests.choose(exceptions: "", variables) != nil)
        #expect(try ProxyTests.choose("http://o", variables) == nil)
        #expect(try ProxyTests.choose(variables.merging(["no_proxy": "other.test"]) { $1 }) != nil)
    }
}
