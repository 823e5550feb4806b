/// Derives from the address of an API what a token for it is asked for: the option `url`.
enum ResourceAddress {
    /// The origin of the address, but for APIs whose tokens are made out to somebody else.
    static func resource(of text: String) throws(MSAuthError) -> String {
        guard let address = Address(text) else {
            throw .invalidArgument(
                "The option \"url\" is \(text.quotedForMessage): it takes the https address of an API, "
                    + "such as https://contoso.sharepoint.com/sites/it.")
        }
        let host = address.host
        if host == "api.bap.microsoft.com" || host.hasSuffix(".api.bap.microsoft.com") || host == "api.powerapps.com" {
            return "https://service.powerapps.com/"
        }
        switch host {
        case "api.flow.microsoft.com": return "https://management.azure.com/"
        case "api.powerbi.com": return "https://analysis.windows.net/powerbi/api"
        case "dev.azure.com": return "499b84ac-1321-427f-aa17-267ca6975798"
        default: break
        }
        if host.hasSuffix(".visualstudio.com") { return "499b84ac-1321-427f-aa17-267ca6975798" }
        // A vault, a storage account and a database have a name of their own before the service's; the token has not.
        for (suffix, resource) in suffixes where host.hasSuffix(suffix) { return resource }
        return address.origin
    }

    private static let suffixes = [
        (".vault.azure.net", "https://vault.azure.net"),
        (".vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net"),
        (".vault.azure.cn", "https://vault.azure.cn"),
        (".blob.core.windows.net", "https://storage.azure.com"),
        (".queue.core.windows.net", "https://storage.azure.com"),
        (".table.core.windows.net", "https://storage.azure.com"),
        (".file.core.windows.net", "https://storage.azure.com"),
        (".dfs.core.windows.net", "https://storage.azure.com"),
        (".database.windows.net", "https://database.windows.net/"),
    ]
}
