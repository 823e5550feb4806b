import Testing

@testable import MSAuth

@Suite struct ServiceTests {
    private func scopes(_ values: [OptionName: String]) throws -> String {
        try Settings(call: Fixture.options(values), client: Options()).scopes.description
    }

    @Test(
        "a service is another resource in another cloud",
        arguments: [
            ("graph", "public", "https://graph.microsoft.com/.default"),
            ("graph", "gcc", "https://graph.microsoft.com/.default"),
            ("graph", "gcc_high", "https://graph.microsoft.us/.default"),
            ("graph", "dod", "https://dod-graph.microsoft.us/.default"),
            ("graph", "china", "https://microsoftgraph.chinacloudapi.cn/.default"),
            ("azure", "gcc", "https://management.usgovcloudapi.net/.default"),
            ("management", "public", "https://management.core.windows.net//.default"),
            ("activity", "dod", "https://manage.protection.apps.mil/.default"),
            ("powerbi", "gcc_high", "https://high.analysis.usgovcloudapi.net/powerbi/api/.default"),
            ("sql", "china", "https://database.chinacloudapi.cn//.default"),
            ("devops", "public", "499b84ac-1321-427f-aa17-267ca6975798/.default"),
        ])
    func resources(_ service: String, _ cloud: String, _ expected: String) throws {
        #expect(try scopes([.service: service, .cloud: cloud]) == expected)
    }

    @Test("a service that a cloud lacks is told with the clouds that have it")
    func absent() throws {
        let error = #expect(throws: MSAuthError.self) { try scopes([.service: "activity", .cloud: "china"]) }
        #expect(error?.status == .invalidArgument)
        #expect(error?.message.contains("public, gcc, gcc_high, dod") == true)
    }

    @Test(
        "the address of an API says what its token is for",
        arguments: [
            ("https://contoso.sharepoint.com/sites/it/_api/web?x=1", "https://contoso.sharepoint.com"),
            ("https://Contoso-admin.sharepoint.com", "https://contoso-admin.sharepoint.com"),
            ("https://graph.microsoft.com/v1.0/me", "https://graph.microsoft.com"),
            ("https://api.powerbi.com/v1.0/myorg", "https://analysis.windows.net/powerbi/api"),
            ("https://api.flow.microsoft.com/providers", "https://management.azure.com/"),
            ("https://emea.api.bap.microsoft.com/x", "https://service.powerapps.com/"),
            ("https://kv1.vault.azure.net/secrets/a", "https://vault.azure.net"),
            ("https://store.blob.core.windows.net/c/b", "https://storage.azure.com"),
            ("https://dev.azure.com/contoso", "499b84ac-1321-427f-aa17-267ca6975798"),
            ("https://evilvault.azure.net.example/", "https://evilvault.azure.net.example"),
            ("https://api.powerapps.com/providers", "https://service.powerapps.com/"),
            ("https://api.bap.microsoft.com/", "https://service.powerapps.com/"),
            ("https://vssps.dev.azure.com/contoso", "499b84ac-1321-427f-aa17-267ca6975798"),
            ("https://contoso.visualstudio.com/", "499b84ac-1321-427f-aa17-267ca6975798"),
            ("https://s.dfs.core.usgovcloudapi.net/", "https://storage.azure.com"),
            ("https://db.database.chinacloudapi.cn/", "https://database.chinacloudapi.cn/"),
            ("https://h.managedhsm.azure.net/keys", "https://managedhsm.azure.net"),
            ("https://api-eu.security.microsoft.com/api/incidents", "https://api.security.microsoft.com"),
            ("https://ai.openai.azure.com/openai", "https://cognitiveservices.azure.com"),
        ])
    func addresses(_ url: String, _ resource: String) throws {
        #expect(try scopes([.url: url]) == resource + "/.default")
    }

    @Test("the cloud follows from a known authority, and a named one counts more")
    func cloud() throws {
        #expect(
            try scopes([.authority: "https://login.microsoftonline.us/contoso"])
                == "https://graph.microsoft.us/.default")
        #expect(
            try scopes([.authority: "https://login.chinacloudapi.cn"])
                == "https://microsoftgraph.chinacloudapi.cn/.default")
        #expect(try scopes([.authority: "https://localhost:8443/t"]) == "https://graph.microsoft.com/.default")
        #expect(
            try scopes([.authority: "https://login.microsoftonline.us/t", .cloud: "dod"])
                == "https://dod-graph.microsoft.us/.default")
    }

    @Test("a new way to say what a token is for takes the place of the kept one")
    func replaced() throws {
        let kept = try Fixture.options([.service: "azure"]).kept(over: [.scopes: "User.Read", .tenant: "t"])
        #expect(kept == [.service: "azure", .tenant: "t"])
        #expect(
            try Fixture.options([.tenant: "u"]).kept(over: [.scopes: "User.Read"]) == [
                .scopes: "User.Read", .tenant: "u",
            ])
    }

    @Test("every cloud signs in at its own host, and the aliases of one are one")
    func clouds() throws {
        #expect(Authority(cloud: .china, tenant: "t").description == "https://login.partner.microsoftonline.cn/t")
        #expect(Cloud.areOne("login.chinacloudapi.cn", "login.partner.microsoftonline.cn"))
        #expect(!Cloud.areOne("login.microsoftonline.com", "login.microsoftonline.us"))
    }
}
