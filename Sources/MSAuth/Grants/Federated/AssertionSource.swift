/// Where a federated credential's assertion comes from: the words of the option `assertion_source`.
///
/// learn.microsoft.com/entra/workload-id/workload-identity-federation
package enum AssertionSource: String, CaseIterable, Sendable {
    case program
    case file
    case command
    case variable
    case githubActions = "github_actions"
    case azurePipelines = "azure_pipelines"
    case managedIdentity = "managed_identity"

    /// The one that is named, or that an option of its own stands for, in the nearest place that says any.
    ///
    /// Where nothing is said it is the program: it has none left that it gave once, and is asked for another.
    init(_ settings: Settings, _ grant: Grant) throws(MSAuthError) {
        guard grant != .workloadIdentity else {
            self = .file
            return
        }
        let said = settings.nearestNames(of: AssertionSource.deciding)
        let implied = said.compactMap { name in AssertionSource.allCases.first { $0.option == name } }
        guard implied.count < 2 else { throw AssertionSource.exclude(said) }
        guard said.contains(.assertionSource), let word = settings.given(.assertionSource) else {
            self = implied.first ?? .program
            return
        }
        guard let source = AssertionSource(rawValue: word) else {
            throw MSAuthError(
                .unsupported, "This release of libmsauth does not know the assertion source \(word.quotedForMessage).",
                hint: "A later release made this connection: use that one, or connect again.")
        }
        guard implied.isEmpty || implied == [source] else { throw AssertionSource.exclude(said) }
        self = source
    }

    /// The options that say which source it is; one at a time.
    package static let deciding: [OptionName] = [.assertionSource] + allCases.compactMap(\.option)

    /// All that belong to a federated credential.
    static let options: [OptionName] = deciding + [.assertionAudience, .systemAccessToken]

    /// The option that only this source has.
    private var option: OptionName? {
        switch self {
        case .program: .clientAssertion
        case .file: .assertionFile
        case .command: .assertionCommand
        case .variable: .assertionVariable
        case .githubActions: nil
        case .azurePipelines: .serviceConnectionID
        case .managedIdentity: .managedIdentityClientID
        }
    }

    private static func exclude(_ said: [OptionName]) -> MSAuthError {
        let names = said.map { "\"\($0.rawValue)\"" }.joined(separator: " and ")
        return .invalidArgument("The options \(names) exclude each other: an assertion comes from one place.")
    }
}

extension Cloud {
    /// Whom an assertion from elsewhere must name as its audience, unless the registration says another one.
    var tokenExchange: String {
        let name = "api://AzureADTokenExchange"
        return switch self {
        case .public, .gcc, .germany: name
        case .gccHigh, .dod: name + "USGov"
        case .china: name + "China"
        case .sovereignFrance: name + "France"
        case .sovereignGermany: name + "Germany"
        case .sovereignSingapore: name + "GovSG"
        }
    }
}
