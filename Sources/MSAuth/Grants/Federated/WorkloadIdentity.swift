/// What Azure's webhook for Kubernetes puts into a pod's environment: options stand above it.
///
/// azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations
enum WorkloadIdentity {
    private static let variables: [(name: String, option: OptionName)] = [
        ("AZURE_CLIENT_ID", .clientID), ("AZURE_TENANT_ID", .tenant), ("AZURE_FEDERATED_TOKEN_FILE", .assertionFile),
        ("AZURE_AUTHORITY_HOST", .authority),
    ]

    /// The options that the pod's environment stands for. What the sign-in cannot do without must be said somewhere.
    static func options(
        of machine: any Machine, under settings: Settings
    ) throws(MSAuthError) -> [OptionName: String] {
        var options: [OptionName: String] = [:]
        var missing: [String] = []
        for (name, option) in variables where !isSaid(option, settings) {
            if let text = machine.variable(name) {
                options[option] = try value(text, option, name)
            } else if option != .authority {
                missing.append("\(name) (\"\(option.rawValue)\")")
            }
        }
        guard missing.isEmpty else {
            throw MSAuthError(
                .unsupported,
                "This process has no workload identity: these variables are not set, nor the options that stand for them: "
                    + missing.joined(separator: ", ") + ".",
                hint:
                    "In AKS label the pod azure.workload.identity/use: \"true\" and give it a service account with the "
                    + "application's client ID; elsewhere use the grant federated.")
        }
        return options
    }

    private static func isSaid(_ option: OptionName, _ settings: Settings) -> Bool {
        switch option {
        case .tenant:
            settings.given(.tenant) != nil || (settings.given(.authority).flatMap { Address($0) }?.path.count ?? 0) > 1
        case .authority: settings.given(.authority) != nil || settings.given(.cloud) != nil
        default: settings.given(option) != nil
        }
    }

    private static func value(
        _ text: String, _ option: OptionName, _ variable: String
    ) throws(MSAuthError) -> String {
        // Some set the host alone.
        let text = option == .authority && !text.contains("://") ? "https://" + text : text
        do throws(MSAuthError) {
            return try OptionValue.text(Secret(text), Vocabulary.definition(option))
        } catch {
            throw MSAuthError(
                .configuration, "The variable \(variable) does not fit: \(error.message)",
                hint: "AKS sets it; give the option \"\(option.rawValue)\" to use another value.")
        }
    }
}
