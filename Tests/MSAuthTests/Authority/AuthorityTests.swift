import Testing

@testable import MSAuth

extension Client {
    /// A run in the client's own world, which remembers where things are.
    func run(_ options: Options) -> Run { Run(environment, options, cancellation: Cancellation()) }
}

extension Fixture {
    func connect(_ options: Options) throws -> TokenAnswer? {
        let client = try client()
        return try client.connect(nil, options, client.run(options))
    }
}

@Suite struct AuthorityTests {
    @Test("the public cloud needs a tenant and no discovery")
    func publicCloud() throws {
        let authority = Authority(cloud: .public, tenant: "contoso.com")
        #expect(authority.tokenEndpoint == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token")
        #expect(try authority.deviceAuthorizationEndpoint.hasSuffix("/contoso.com/oauth2/v2.0/devicecode"))
    }

    @Test("an explicit authority may name the tenant, and a tenant beside it counts more")
    func explicit() throws {
        #expect(try Authority("https://Login.Example:8443/t1").description == "https://login.example:8443/t1")
        #expect(try Authority("https://login.example/t1/", tenant: "t2").tenant == "t2")
        #expect(try Authority("https://[::1]:8443").description == "https://[::1]:8443/organizations")
    }

    @Test(
        "what is not an https host and at most a tenant is refused",
        arguments: [
            "", "login.example", "http://login.example", "https://", "https:///t", "https://a b", "https://a@b",
            "https://a#f",
            "https://a/t?x=1", "https://a/t/u", "https://a:0", "https://a:99999", "https://a:x", "https://-a",
            "https://a\\b",
            "https://a/%2e%2e", "https://[zz]", "https://a\u{0000}",
        ])
    func refused(_ text: String) { #expect(status { _ = try Authority(text) } == .invalidArgument) }

    @Test("an issuer is the same host or an alias of the public cloud, with the tenant of the tid beside it")
    func issuer() throws {
        let authority = Authority(cloud: .public, tenant: "common")
        #expect(authority.isIssuer(Address("https://login.microsoftonline.com/t/v2.0")!, tenant: "T"))
        #expect(authority.isIssuer(Address("https://sts.windows.net/t/")!, tenant: "t"))
        #expect(!authority.isIssuer(Address("https://sts.windows.net/t/")!, tenant: "u"))
        #expect(!authority.isIssuer(Address("https://evil.example/t/")!, tenant: "t"))
        #expect(!(try Authority("https://localhost:1/t")).isIssuer(Address("https://localhost:2/t")!, tenant: "t"))
    }

    @Test("a tenant in a nearer authority counts more than one that is said farther away")
    func nearer() throws {
        let client = try Fixture.options([.tenant: "far.com"])
        let near = try Fixture.options([.authority: "https://login.example/near.com"])
        #expect(try Authority(Settings(call: near, client: client)).tenant == "near.com")
        let bare = try Fixture.options([.authority: "https://login.example"])
        #expect(try Authority(Settings(call: bare, client: client)).tenant == "far.com")
        #expect(try Authority(Settings(call: client, client: near)).tenant == "far.com")
    }

    @Test("tenants that stand for many are told apart")
    func shared() {
        #expect(Authority(cloud: .public, tenant: "Organizations").isShared)
        #expect(!Authority(cloud: .public, tenant: "contoso.com").isShared)
    }
}
