/// A service of Microsoft's by the name that people use for it: the words of the option `service`.
///
/// A resource is an exact identifier: one that ends in `/` keeps it.
package enum Service: String, CaseIterable, Sendable {
    case graph
    case azure
    case management
    case keyvault
    case storage
    case sql
    case exchange
    case powerbi
    case loganalytics
    case activity
    case defender
    case defenderEndpoint = "defender_endpoint"
    case teams
    case devops
    case aad
    case sharepoint
    case sharepointAdmin = "sharepoint_admin"

    package var help: String {
        switch self {
        case .graph: "Microsoft Graph"
        case .azure: "Azure Resource Manager"
        case .management: "Azure's classic service management, which Resource Manager accepts too"
        case .keyvault: "Azure Key Vault"
        case .storage: "Azure Storage"
        case .sql: "Azure SQL and Synapse"
        case .exchange: "Exchange Online"
        case .powerbi: "Power BI and Fabric"
        case .loganalytics: "Log Analytics"
        case .activity: "Office 365 Management Activity API"
        case .defender: "Microsoft Defender XDR"
        case .defenderEndpoint: "Microsoft Defender for Endpoint"
        case .teams: "Skype and Teams administration"
        case .devops: "Azure DevOps"
        case .aad: "the former Azure AD Graph"
        case .sharepoint: "the tenant's SharePoint sites and OneDrive: sharepoint_host says where"
        case .sharepointAdmin: "the administration of the tenant's SharePoint"
        }
    }

    /// What a token for the service is asked for; nil where the service is not in the cloud, or nobody has published it.
    package func resource(in cloud: Cloud) -> String? {
        switch self {
        case .graph:
            switch cloud {
            case .public, .gcc: "https://graph.microsoft.com"
            case .gccHigh: "https://graph.microsoft.us"
            case .dod: "https://dod-graph.microsoft.us"
            case .china: "https://microsoftgraph.chinacloudapi.cn"
            case .germany: "https://graph.microsoft.de"
            case .sovereignFrance: "https://graph.svc.sovcloud.fr"
            case .sovereignGermany: "https://graph.svc.sovcloud.de"
            case .sovereignSingapore: "https://graph.svc.sovcloud.sg"
            }
        case .azure:
            switch cloud {
            case .public: "https://management.azure.com"
            case .gcc, .gccHigh, .dod: "https://management.usgovcloudapi.net"
            case .china: "https://management.chinacloudapi.cn"
            case .germany: "https://management.microsoftazure.de"
            case .sovereignFrance: "https://management.sovcloud-api.fr"
            case .sovereignGermany, .sovereignSingapore: nil
            }
        case .management:
            switch cloud {
            case .public: "https://management.core.windows.net/"
            case .gcc, .gccHigh, .dod: "https://management.core.usgovcloudapi.net/"
            case .china: "https://management.core.chinacloudapi.cn/"
            case .germany: "https://management.core.cloudapi.de/"
            case .sovereignFrance: "https://management.core.sovcloud-api.fr/"
            case .sovereignGermany, .sovereignSingapore: nil
            }
        case .keyvault:
            switch cloud {
            case .public: "https://vault.azure.net"
            case .gcc, .gccHigh, .dod: "https://vault.usgovcloudapi.net"
            case .china: "https://vault.azure.cn"
            case .germany: "https://vault.microsoftazure.de"
            case .sovereignFrance: "https://vault.sovcloud-api.fr"
            case .sovereignGermany, .sovereignSingapore: nil
            }
        case .storage: "https://storage.azure.com"
        case .sql:
            switch cloud {
            case .public: "https://database.windows.net/"
            case .gcc, .gccHigh, .dod: "https://database.usgovcloudapi.net/"
            case .china: "https://database.chinacloudapi.cn/"
            default: nil
            }
        case .exchange:
            switch cloud {
            case .public, .gcc: "https://outlook.office365.com"
            case .gccHigh: "https://outlook.office365.us"
            case .dod: "https://outlook-dod.office365.us"
            case .china: "https://partner.outlook.cn"
            default: nil
            }
        case .powerbi:
            switch cloud {
            case .public: "https://analysis.windows.net/powerbi/api"
            case .gcc: "https://analysis.usgovcloudapi.net/powerbi/api"
            case .gccHigh: "https://high.analysis.usgovcloudapi.net/powerbi/api"
            case .dod: "https://mil.analysis.usgovcloudapi.net/powerbi/api"
            case .china: "https://analysis.chinacloudapi.cn/powerbi/api"
            default: nil
            }
        case .loganalytics:
            switch cloud {
            case .public: "https://api.loganalytics.io"
            case .gcc, .gccHigh, .dod: "https://api.loganalytics.us"
            case .china: "https://api.loganalytics.azure.cn"
            default: nil
            }
        case .activity:
            switch cloud {
            case .public: "https://manage.office.com"
            case .gcc: "https://manage-gcc.office.com"
            case .gccHigh: "https://manage.office365.us"
            case .dod: "https://manage.protection.apps.mil"
            default: nil
            }
        case .defender:
            cloud == .public ? "https://api.security.microsoft.com" : nil
        case .defenderEndpoint:
            switch cloud {
            case .public: "https://api.securitycenter.microsoft.com"
            case .gcc: "https://api-gcc.securitycenter.microsoft.us"
            case .gccHigh, .dod: "https://api-gov.securitycenter.microsoft.us"
            default: nil
            }
        case .teams: "48ac35b8-9aa8-4d74-927d-1f4a14a0b239"
        case .devops: "499b84ac-1321-427f-aa17-267ca6975798"
        case .aad:
            switch cloud {
            case .public, .gcc, .gccHigh, .dod: "https://graph.windows.net"
            case .china: "https://graph.chinacloudapi.cn"
            case .germany: "https://graph.cloudapi.de"
            default: nil
            }
        // For who reads the table: each tenant has its own.
        case .sharepoint: SharePoint.domain(in: cloud).map { "https://TENANT.\($0)" }
        case .sharepointAdmin: SharePoint.domain(in: cloud).map { "https://TENANT-admin.\($0)" }
        }
    }

    /// The resource, or the error that says where the service is.
    func required(_ settings: Settings) throws(MSAuthError) -> String {
        switch self {
        case .sharepoint: try SharePoint.resource(isAdmin: false, settings)
        case .sharepointAdmin: try SharePoint.resource(isAdmin: true, settings)
        default: try required(in: settings.cloud)
        }
    }

    func required(in cloud: Cloud) throws(MSAuthError) -> String {
        if let resource = resource(in: cloud) { return resource }
        let clouds = Cloud.allCases.filter { resource(in: $0) != nil }.map(\.rawValue)
        throw .invalidArgument(
            "The service \(rawValue) is not known in the cloud \(cloud.rawValue), only in \(clouds.joined(separator: ", "))."
                + " The option \"resource\" takes its identifier.")
    }
}
