/// Who gives a managed identity: the words of the option `managed_identity_source`.
///
/// learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview
package enum ManagedIdentitySource: String, CaseIterable, Sendable {
    case imds
    case appService = "app_service"
    case arc
    case cloudShell = "cloud_shell"
    case azureML = "azure_ml"
    case serviceFabric = "service_fabric"

    /// What it is called in a sentence.
    var title: String {
        switch self {
        case .imds: "The instance metadata service (IMDS)"
        case .appService: "App Service's identity endpoint"
        case .arc: "Azure Arc's agent"
        case .cloudShell: "Cloud Shell's identity endpoint"
        case .azureML: "Azure ML's identity endpoint"
        case .serviceFabric: "Service Fabric's identity endpoint"
        }
    }

    /// The one that this process's variables name; nil where none does, which leaves IMDS.
    ///
    /// The order is that of MSAL. `IDENTITY_HEADER` alone says nothing: containers were seen that had it while IMDS was
    /// right.
    static func named(on machine: any Machine) -> ManagedIdentitySource? {
        let endpoint = machine.variable("IDENTITY_ENDPOINT") != nil
        if endpoint, machine.variable("IDENTITY_HEADER") != nil {
            return machine.variable("IDENTITY_SERVER_THUMBPRINT") == nil ? .appService : .serviceFabric
        }
        if machine.variable("MSI_ENDPOINT") != nil {
            return machine.variable("MSI_SECRET") == nil ? .cloudShell : .azureML
        }
        if endpoint && machine.variable("IMDS_ENDPOINT") != nil || machine.exists("/opt/azcmagent/bin/himds") {
            return .arc
        }
        return machine.variable(MetadataService.imdsHost) == nil ? nil : .imds
    }

    /// The request's own name for a way to name an identity; nil where the source does not take it.
    func parameter(_ option: OptionName) -> String? {
        switch (self, option) {
        case (.cloudShell, _), (.serviceFabric, _): nil
        case (.azureML, .clientID): "clientid"
        case (.azureML, _): nil
        case (.appService, .resourceID): "mi_res_id"
        // Arc ignores mi_res_id without a word and answers for the system's identity.
        case (_, .resourceID): "msi_res_id"
        default: option.rawValue
        }
    }

    /// How long to wait before the next try after so many; nil: the answer stands.
    ///
    /// A short Retry-After is waited for, a long one is told to the caller.
    func pause(after response: HTTPResponse, tries: Int) -> Double? {
        let pauses: [Double]
        switch (self, response.status) {
        // IMDS is being updated, for up to 70 seconds.
        case (.imds, 410): pauses = Array(repeating: 10, count: 7)
        case (.imds, 404), (.imds, 408), (.imds, 429), (.imds, 500...599): pauses = [1, 2, 4]
        case (.imds, _): return nil
        // It says that the application has no identity, which does not pass.
        case (.serviceFabric, 404): return nil
        case (_, 404), (_, 408), (_, 429), (_, 500), (_, 503), (_, 504): pauses = [1, 1, 1]
        default: return nil
        }
        guard tries < pauses.count else { return nil }
        guard let wished = response.retryAfter else { return pauses[tries] }
        return wished <= 10 ? max(pauses[tries], Double(wished)) : nil
    }
}
