/// Derives from the address of an API what a token for it is asked for: the option `url`.
enum ResourceAddress {
    /// The origin of the address, but for APIs whose tokens are made out to somebody else.
    static func resource(of text: String) throws(MSAuthError) -> String {
        guard let address = Address(text) else { throw wrong(text) }
        if let resource = hosts[address.host] { return resource }
        // A vault, a storage account and a database have a name of their own before the service's; the token has not.
        for (suffix, resource) in suffixes where address.host.hasSuffix(suffix) { return resource }
        return address.origin
    }

    static func wrong(_ text: String) -> MSAuthError {
        .invalidArgument(
            "The option \"url\" is \(text.quotedForMessage): it takes the https address of an API, "
                + "such as https://contoso.sharepoint.com/sites/it.")
    }

    /// Whether the hosts under this name are one service's, whose tokens they share.
    static func isService(_ host: String) -> Bool { suffixes.contains { $0.suffix == "." + host } }

    private static let devOps = "499b84ac-1321-427f-aa17-267ca6975798"
    private static let powerApps = "https://service.powerapps.com/"
    private static let storage = "https://storage.azure.com"
    private static let cognitive = "https://cognitiveservices.azure.com"
    private static let defender = "https://api.security.microsoft.com"
    private static let defenderEndpoint = "https://api.securitycenter.microsoft.com"

    private static let hosts = [
        "api.bap.microsoft.com": powerApps,
        "api.powerapps.com": powerApps,
        "api.flow.microsoft.com": "https://management.azure.com/",
        "api.powerbi.com": "https://analysis.windows.net/powerbi/api",
        "dev.azure.com": devOps,
        // The same APIs in a region.
        "api-us.security.microsoft.com": defender,
        "api-eu.security.microsoft.com": defender,
        "api-uk.security.microsoft.com": defender,
        "api-us.securitycenter.microsoft.com": defenderEndpoint,
        "api-eu.securitycenter.microsoft.com": defenderEndpoint,
        "api-uk.securitycenter.microsoft.com": defenderEndpoint,
    ]

    private static let suffixes: [(suffix: String, resource: String)] =
        [
            (".api.bap.microsoft.com", powerApps),
            (".dev.azure.com", devOps),
            (".visualstudio.com", devOps),
            (".vault.azure.net", "https://vault.azure.net"),
            (".vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net"),
            (".vault.azure.cn", "https://vault.azure.cn"),
            (".vault.microsoftazure.de", "https://vault.microsoftazure.de"),
            (".managedhsm.azure.net", "https://managedhsm.azure.net"),
            (".database.windows.net", "https://database.windows.net/"),
            (".database.usgovcloudapi.net", "https://database.usgovcloudapi.net/"),
            (".database.chinacloudapi.cn", "https://database.chinacloudapi.cn/"),
            (".cognitiveservices.azure.com", cognitive),
            (".openai.azure.com", cognitive),
            (".search.windows.net", "https://search.azure.com"),
        ]
        + ["blob", "queue", "table", "file", "dfs"].flatMap { part in
            ["windows.net", "usgovcloudapi.net", "chinacloudapi.cn"].map { (".\(part).core.\($0)", storage) }
        }
}
