import Testing

@testable import MSAuth

@Suite struct AuthorityKindTests {
    private static let v2 = "/oauth2/v2.0/token"

    @Test(
        "the address says what stands there, and where its token endpoint is",
        arguments: [
            ("https://login.example/t", AuthorityKind.entra, "t", "https://login.example/t" + v2),
            (
                "https://login.microsoftonline.us", .entra, "organizations",
                "https://login.microsoftonline.us/organizations" + v2
            ),
            (
                "https://Contoso.b2clogin.com/contoso.onmicrosoft.com/sign_in", .b2c, "contoso.onmicrosoft.com",
                "https://contoso.b2clogin.com/contoso.onmicrosoft.com/sign_in" + v2
            ),
            (
                "https://contoso.b2clogin.com/tfp/contoso.onmicrosoft.com/B2C_1_in/", .b2c, "contoso.onmicrosoft.com",
                "https://contoso.b2clogin.com/tfp/contoso.onmicrosoft.com/B2C_1_in" + v2
            ),
            (
                "https://login.contoso.com/tfp/t/p", .b2c, "t", "https://login.contoso.com/tfp/t/p" + v2
            ),
            (
                "https://login.microsoftonline.com/t/B2C_1_in", .b2c, "t",
                "https://login.microsoftonline.com/t/B2C_1_in" + v2
            ),
            (
                "https://contoso.ciamlogin.com", .ciam, "contoso.onmicrosoft.com",
                "https://contoso.ciamlogin.com/contoso.onmicrosoft.com" + v2
            ),
            ("https://contoso.ciamlogin.com/t", .ciam, "t", "https://contoso.ciamlogin.com/t" + v2),
            ("https://sts.contoso.com/adfs", .adfs, "", "https://sts.contoso.com/adfs/oauth2/token"),
            ("https://sts.contoso.com/ADFS/", .adfs, "", "https://sts.contoso.com/ADFS/oauth2/token"),
            (
                "https://r.dsts.core.windows.net/dstsv2/t", .dsts, "t",
                "https://r.dsts.core.windows.net/dstsv2/t" + v2
            ),
        ])
    func told(_ text: String, _ kind: AuthorityKind, _ tenant: String, _ endpoint: String) throws {
        let authority = try Authority(text)
        #expect(authority.kind == kind)
        #expect(authority.tenant == tenant)
        #expect(authority.tokenEndpoint == endpoint)
        #expect(authority.authorizationEndpoint == endpoint.replacing("token", with: "authorize"))
        #expect(try authority.deviceAuthorizationEndpoint == endpoint.replacing("token", with: "devicecode"))
    }

    @Test(
        "what is not of its kind's form is refused with that form",
        arguments: [
            ("https://contoso.b2clogin.com", "for B2C it takes https://NAME.b2clogin.com/TENANT/POLICY"),
            ("https://contoso.b2clogin.com/tfp/t", "for B2C it takes"),
            ("https://contoso.b2clogin.com/t/p/q", "for B2C it takes"),
            ("https://contoso.ciamlogin.com/t/u", "for CIAM it takes https://NAME.ciamlogin.com"),
            ("https://sts.contoso.com/adfs/t", "for AD FS it takes https://HOST/adfs"),
            ("https://r.dsts.core.windows.net/dstsv2", "for dSTS it takes https://HOST/dstsv2/TENANT"),
            ("https://r.dsts.core.windows.net/dstsv2/t/u", "for dSTS it takes"),
            ("https://login.contoso.com/t/u", "\"authority_type\""),
            ("https://a/1/2/3/4/5/6/7/8/9", "for any OpenID provider"),
        ])
    func refused(_ text: String, _ what: String) throws {
        let error = #expect(throws: MSAuthError.self) { try Authority(text) }
        #expect(error?.status == .invalidArgument)
        #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    }

    @Test("a tenant beside the address counts where tenants can be chosen")
    func chosen() throws {
        #expect(
            try Authority("https://contoso.ciamlogin.com", tenant: "u").description == "https://contoso.ciamlogin.com/u"
        )
        #expect(try Authority("https://h/dstsv2", tenant: "u").description == "https://h/dstsv2/u")
        #expect(try Authority("https://h/dstsv2/t", tenant: "u").description == "https://h/dstsv2/u")
        #expect(try Authority("https://h/adfs", tenant: "u").description == "https://h/adfs")
        #expect(try Authority("https://h/tfp/t/p", tenant: "u").tenant == "t")
    }

    @Test("a name of one's own is named by authority_type")
    func named() throws {
        let b2c = try Fixture.options([.authority: "https://login.contoso.com/t/in", .authorityType: "b2c"])
        #expect(try Authority(Settings(call: b2c, client: Options())).kind == .b2c)
        let oidc = try Fixture.options([.authority: "https://login.contoso.com/t/v2.0", .authorityType: "oidc"])
        let authority = try Authority(Settings(call: oidc, client: Options()))
        #expect(authority.kind == .oidc)
        #expect(authority.tenant.isEmpty)
        // Nobody has asked it: nothing is guessed.
        #expect(authority.tokenEndpoint.isEmpty)
        let auto = try Fixture.options([.authority: "https://login.contoso.com/t/v2.0"])
        #expect(status { _ = try Authority(Settings(call: auto, client: Options())) } == .invalidArgument)
    }

    @Test("what stands at an authority says nothing of another one that is named nearer, or later")
    func replaced() throws {
        let provider = "https://login.contoso.com/t/v2.0"
        let client = try Fixture.options([.authority: provider, .authorityType: "oidc"])
        let near = try Fixture.options([.authority: "https://login.contoso.com/u"])
        #expect(try Authority(Settings(call: near, client: client)).kind == .entra)
        #expect(try Authority(Settings(call: Options(), client: client)).kind == .oidc)
        let type = try Fixture.options([.authorityType: "oidc"])
        #expect(try Authority(Settings(call: type, client: near)).kind == .oidc)
        let kept: [OptionName: String] = [.authority: provider, .authorityType: "oidc"]
        #expect(near.kept(over: kept) == [.authority: "https://login.contoso.com/u"])
        #expect(try Fixture.options([.tenant: "t"]).kept(over: kept)[.authorityType] == "oidc")
        // Alone it would send what is meant for a provider to Microsoft's public cloud.
        #expect(status { _ = try Authority(Settings(call: type, client: Options())) } == .invalidArgument)
    }

    @Test("Entra, B2C and CIAM know PS256, the others RS256 alone")
    func algorithms() throws {
        #expect(try Authority("https://contoso.ciamlogin.com").isEntra)
        #expect(try Authority("https://h/t/b2c_1").isEntra)
        #expect(try !Authority("https://h/adfs").isEntra)
        #expect(try !Authority("https://h/dstsv2/t").isEntra)
        #expect(try !Authority("https://h/t", type: .oidc).isEntra)
    }

    @Test(
        "an issuer is the kind's own",
        arguments: [
            ("https://contoso.ciamlogin.com", "https://tid.ciamlogin.com/tid/v2.0", "tid", true),
            ("https://contoso.ciamlogin.com", "https://contoso.ciamlogin.com/TID/v2.0", "tid", true),
            ("https://contoso.ciamlogin.com", "https://other.ciamlogin.com/tid/v2.0", "tid", false),
            ("https://contoso.ciamlogin.com", "https://tid.ciamlogin.com/other/v2.0", "tid", false),
            ("https://contoso.ciamlogin.com", "https://contoso.ciamlogin.com/x", nil, true),
            ("https://contoso.ciamlogin.com", "https://tid.ciamlogin.com/x", nil, false),
            ("https://c.b2clogin.com/t/p", "https://c.b2clogin.com/tid/v2.0/", "tid", true),
            ("https://c.b2clogin.com/t/p", "https://c.b2clogin.com/tfp/tid/p/v2.0/", "tid", true),
            ("https://c.b2clogin.com/t/p", "https://d.b2clogin.com/tid/v2.0/", "tid", false),
            ("https://h/adfs", "https://h/adfs", nil, true),
            ("https://h/adfs", "https://i/adfs", nil, false),
            ("https://h/dstsv2/t", "https://h/dstsv2/tid/v2.0", "tid", true),
        ] as [(String, String, String?, Bool)])
    func issuer(_ authority: String, _ issuer: String, _ tid: String?, _ expected: Bool) throws {
        #expect(try Authority(authority).isIssuer(Address(issuer)!, tenant: tid) == expected)
    }

    @Test("a redirect may name the authority's host, an alias, or for an external tenant its other name")
    func redirectIssuer() {
        func isIssuer(_ issuer: String, _ authority: String) -> Bool {
            Authority.isIssuer(Address(issuer)!, of: authority)
        }
        #expect(isIssuer("https://h/x", "https://h/t"))
        #expect(isIssuer("https://sts.windows.net/t", "https://login.microsoftonline.com/t"))
        #expect(isIssuer("https://tid.ciamlogin.com/tid", "https://contoso.ciamlogin.com/t"))
        #expect(!isIssuer("https://tid.ciamlogin.com/tid", "https://h/t"))
        #expect(!isIssuer("https://h/x", "nonsense"))
    }

    @Test("the cloud follows from a B2C host too, and every known host is known")
    func clouds() throws {
        #expect(Cloud.of("contoso.b2clogin.cn") == .china)
        #expect(Cloud.of("contoso.b2clogin.us") == .gccHigh)
        #expect(Cloud.of("login.example") == nil)
        for cloud in Cloud.allCases { #expect(Cloud.isKnown(cloud.host)) }
        #expect(Cloud.isKnown("login-us.microsoftonline.com"))
        #expect(!Cloud.isKnown("login.microsoftonline.com.example"))
        #expect(!Cloud.isKnown("b2clogin.com"))
    }

    @Test(
        "where Microsoft Graph is not, what the token is for must be said",
        arguments: [
            "https://c.b2clogin.com/t/p", "https://h/adfs", "https://h/dstsv2/t",
        ])
    func graph(_ authority: String) throws {
        let bare = Settings(call: try Fixture.options([.authority: authority]), client: Options())
        let error = #expect(throws: MSAuthError.self) { try bare.scopes }
        #expect(error?.message.contains("\"scopes\"") == true)
        let said = Settings(call: try Fixture.options([.authority: authority, .scopes: "api"]), client: Options())
        #expect(try said.scopes.description == "api")
    }

    @Test("a token's tenant is the authority's, where it has one")
    func tenants() {
        func tenant(_ authority: String) -> String? {
            TokenKey(authority: authority, clientID: "c", scopes: "s", cae: false).tenant
        }
        #expect(tenant("https://login.microsoftonline.com/t") == "t")
        #expect(tenant("https://c.b2clogin.com/tfp/t/p") == "t")
        #expect(tenant("https://h/adfs") == nil)
        #expect(tenant("https://broker.example") == nil)
        #expect(tenant("managed identity") == nil)
    }
}
