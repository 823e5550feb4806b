/// A tenant's SharePoint: its sites are at NAME.sharepoint.com, its administration at NAME-admin.sharepoint.com, and each is
/// a resource of its own.
enum SharePoint {
    /// learn.microsoft.com/sharepoint/dev/solution-guidance/security-apponly-azuread and Microsoft 365's lists of endpoints.
    static func domain(in cloud: Cloud) -> String? {
        switch cloud {
        case .public, .gcc: "sharepoint.com"
        case .gccHigh: "sharepoint.us"
        case .dod: "sharepoint-mil.us"
        case .china: "sharepoint.cn"
        case .germany: "sharepoint.de"
        case .sovereignFrance, .sovereignGermany, .sovereignSingapore: nil
        }
    }

    /// What a token for the tenant's sites, or for their administration, is asked for.
    static func resource(isAdmin: Bool, _ settings: Settings) throws(MSAuthError) -> String {
        guard let (name, domain) = try host(settings) else {
            throw .invalidArgument(
                "SharePoint has a host in each tenant, and nothing says which: the option \"sharepoint_host\" takes its name, "
                    + "such as contoso or contoso.sharepoint.com; or the option \"url\" takes the address of the site.")
        }
        return "https://\(name)\(isAdmin ? "-admin" : "").\(domain)"
    }

    /// The name that was given, or the one that a tenant has from its beginning.
    private static func host(_ settings: Settings) throws(MSAuthError) -> (name: String, domain: String)? {
        let cloud = settings.cloud
        if let given = settings.given(.sharePointHost) {
            guard let (name, named) = parts(of: given) else { return nil }
            guard let domain = named ?? domain(in: cloud) else { throw absent(cloud) }
            return (name, domain)
        }
        guard let domain = domain(in: cloud) else { throw absent(cloud) }
        let tenant = try Authority(settings).tenant.lowercased()
        let suffixes = [".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn"]
        guard let suffix = suffixes.first(where: tenant.hasSuffix) else { return nil }
        return (String(tenant.dropLast(suffix.count)), domain)
    }

    /// A name, or a host in one of the clouds; with -admin it is the same tenant's.
    static func parts(of text: String) -> (name: String, domain: String?)? {
        var name = text.lowercased()
        var domain: String?
        if let dot = name.firstIndex(of: ".") {
            let rest = String(name[name.index(after: dot)...])
            guard Cloud.allCases.contains(where: { SharePoint.domain(in: $0) == rest }) else { return nil }
            domain = rest
            name = String(name[..<dot])
        }
        if name.hasSuffix("-admin") { name = String(name.dropLast("-admin".count)) }
        guard (1...63).contains(name.utf8.count), name.utf8.first?.isASCIILetterOrDigit == true,
            name.utf8.allSatisfy({ $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        return (name, domain)
    }

    private static func absent(_ cloud: Cloud) -> MSAuthError {
        .invalidArgument(
            "SharePoint's hosts are not known in the cloud \(cloud.rawValue): the option \"url\" takes the site's.")
    }
}
