/// A Microsoft cloud: where its users sign in, and under which names it answers.
///
/// Known hosts need no discovery request. learn.microsoft.com/entra/identity-platform/authentication-national-cloud
package enum Cloud: String, CaseIterable, Sendable {
    case `public`
    case gcc
    case gccHigh = "gcc_high"
    case dod
    case china
    case germany
    case sovereignFrance = "sovereign_fr"
    case sovereignGermany = "sovereign_de"
    case sovereignSingapore = "sovereign_sg"

    /// The host that requests go to. GCC has the public cloud's directory.
    package var host: String {
        switch self {
        case .public, .gcc: "login.microsoftonline.com"
        case .gccHigh, .dod: "login.microsoftonline.us"
        case .china: "login.partner.microsoftonline.cn"
        case .germany: "login.microsoftonline.de"
        case .sovereignFrance: "login.sovcloud-identity.fr"
        case .sovereignGermany: "login.sovcloud-identity.de"
        case .sovereignSingapore: "login.sovcloud-identity.sg"
        }
    }

    package var help: String {
        switch self {
        case .public: "Azure and Microsoft 365 worldwide"
        case .gcc: "US Government Community Cloud: the public directory, US Government resource manager"
        case .gccHigh: "US Government, GCC High"
        case .dod: "US Government, Department of Defense"
        case .china: "operated by 21Vianet in China"
        case .germany: "the former Microsoft Cloud Germany"
        case .sovereignFrance: "Bleu, France"
        case .sovereignGermany: "Delos, Germany"
        case .sovereignSingapore: "sovereign cloud, Singapore"
        }
    }

    /// Hosts that are one: tokens that one of them issues may come from another.
    private static let aliases: [Set<String>] = [
        [
            "login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net",
        ],
        ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        ["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ]

    /// Hosts of Microsoft's that are no cloud's front door, but known all the same.
    private static let others: Set<String> = ["login-us.microsoftonline.com"]

    /// The cloud that a host belongs to: one of its login hosts, or a B2C tenant's in it.
    package static func of(_ host: String) -> Cloud? {
        if let cloud = allCases.first(where: { areOne($0.host, host) }) { return cloud }
        let endings: [(String, Cloud)] = [
            (".b2clogin.com", .public), (".ciamlogin.com", .public), (".b2clogin.cn", .china),
            (".b2clogin.us", .gccHigh),
            (".b2clogin.de", .germany),
        ]
        return endings.first { host.hasSuffix($0.0) }?.1
    }

    /// Whether nobody has to be asked whose host this is.
    package static func isKnown(_ host: String) -> Bool { of(host) != nil || others.contains(host) }

    package static func areOne(_ one: String, _ other: String) -> Bool {
        one == other || aliases.contains { $0.contains(one) && $0.contains(other) }
    }
}
