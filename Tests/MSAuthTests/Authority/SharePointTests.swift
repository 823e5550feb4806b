import Testing

@testable import MSAuth

@Suite struct SharePointTests {
    private func scopes(_ values: [OptionName: String]) throws -> String {
        try Settings(call: Fixture.options(values), client: Options()).scopes.description
    }

    @Test(
        "the tenant's host follows from its name and the cloud",
        arguments: [
            ([.sharePointHost: "contoso"], "https://contoso.sharepoint.com"),
            ([.sharePointHost: "Contoso-admin.sharepoint.com"], "https://contoso.sharepoint.com"),
            ([.sharePointHost: "contoso", .cloud: "gcc"], "https://contoso.sharepoint.com"),
            ([.sharePointHost: "contoso", .cloud: "gcc_high"], "https://contoso.sharepoint.us"),
            ([.sharePointHost: "contoso", .cloud: "dod"], "https://contoso.sharepoint-mil.us"),
            ([.sharePointHost: "contoso", .cloud: "china"], "https://contoso.sharepoint.cn"),
            ([.sharePointHost: "contoso.sharepoint.us"], "https://contoso.sharepoint.us"),
            ([.tenant: "Contoso.onmicrosoft.com"], "https://contoso.sharepoint.com"),
            ([.tenant: "contoso.onmicrosoft.us", .cloud: "gcc_high"], "https://contoso.sharepoint.us"),
            ([.authority: "https://login.example/contoso.onmicrosoft.com"], "https://contoso.sharepoint.com"),
        ] as [([OptionName: String], String)])
    func hosts(_ values: [OptionName: String], _ resource: String) throws {
        #expect(try scopes(values.merging([.service: "sharepoint"]) { $1 }) == resource + "/.default")
        let admin = resource.replacing("contoso.", with: "contoso-admin.")
        #expect(try scopes(values.merging([.service: "sharepoint_admin"]) { $1 }) == admin + "/.default")
    }

    @Test("where nothing says which host, the options that do are named")
    func missing() throws {
        let error = #expect(throws: MSAuthError.self) { try scopes([.service: "sharepoint", .tenant: "contoso.com"]) }
        #expect(error?.status == .invalidArgument)
        #expect(error?.message.contains("\"sharepoint_host\"") == true)
        #expect(error?.message.contains("\"url\"") == true)
    }

    @Test("a cloud whose hosts nobody has published is told")
    func absent() {
        #expect(status { _ = try scopes([.service: "sharepoint", .cloud: "sovereign_fr"]) } == .invalidArgument)
        #expect(
            status { _ = try scopes([.service: "sharepoint", .cloud: "sovereign_fr", .sharePointHost: "c"]) }
                == .invalidArgument)
        #expect(Service.sharepoint.resource(in: .sovereignFrance) == nil)
        #expect(Service.sharepointAdmin.resource(in: .dod) == "https://TENANT-admin.sharepoint-mil.us")
    }

    @Test(
        "what is no host of SharePoint's is refused",
        arguments: [
            "", "contoso.example", "a.b.sharepoint.com", "con/toso", "-contoso", "-admin",
            "contoso.sharepoint.com.evil.example",
            String(repeating: "a", count: 64),
        ])
    func refused(_ text: String) {
        #expect(status { _ = try Fixture.options([.sharePointHost: text]) } == .invalidArgument)
    }
}
