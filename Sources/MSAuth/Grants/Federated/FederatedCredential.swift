/// Gets the assertion by which an application proves itself without a secret of its own. It is asked for once for each
/// request, and never kept but by the program's wish: whoever issues it may have renewed it.
struct FederatedCredential {
    private let settings: Settings
    private let grant: Grant
    private let run: Run

    init(_ settings: Settings, _ grant: Grant, _ run: Run) {
        self.settings = settings
        self.grant = grant
        self.run = run
    }

    func assertion() throws(MSAuthError) -> Secret {
        let source = try AssertionSource(settings, grant)
        run.environment.log.write { "assertion from \(source.rawValue)" }
        switch source {
        case .program:
            return try FederatedCredential.handedIn(settings, now: run.environment.clock.wall)
        case .file: return try file()
        case .command:
            let command = try AssertionCommand(settings.required(.assertionCommand, grant))
            return try FederatedAssertion(
                command.output(run), origin: "What the command \(command.name.quotedForMessage) printed"
            ).text
        case .variable: return try variable()
        case .githubActions: return try GitHubActions(run).assertion(audience: audience)
        case .azurePipelines: return try AzurePipelines(settings, run).assertion()
        case .managedIdentity:
            let identity = settings.given(.managedIdentityClientID).map {
                ManagedIdentity(option: .clientID, value: $0)
            }
            return try ManagedIdentitySignIn(settings, run)
                .redeem(identity ?? .systemAssigned, Scopes(resource: audience)).accessToken
        }
    }

    /// What the program gave, in this call or in one whose credentials were kept; it is not sent once its time is over.
    static func handedIn(_ settings: Settings, now: Int) throws(MSAuthError) -> Secret {
        let hint =
            "Call again with a fresh one in the option \"client_assertion\"; or name a source that the library can ask by "
            + "itself, such as \"assertion_file\"."
        guard let given = settings.secret(.clientAssertion) else {
            throw MSAuthError(
                .assertionRequired, "The application must prove itself by an assertion, and none was given.", hint: hint
            )
        }
        let assertion = try FederatedAssertion(given, origin: "The option \"client_assertion\"")
        if let expiresOn = assertion.expiresOn, expiresOn <= now {
            throw MSAuthError(.assertionRequired, "The assertion that was given has expired.", hint: hint)
        }
        return assertion.text
    }

    private var audience: String { settings.given(.assertionAudience) ?? settings.cloud.tokenExchange }

    private func file() throws(MSAuthError) -> Secret {
        let path = try settings.required(.assertionFile, grant)
        let name = "The assertion's file \(path.quotedForMessage)"
        let content: Secret
        do throws(FileRefusal) {
            content = try run.environment.machine.readFollowingLinks(path, limit: FederatedAssertion.limit)
        } catch {
            let reason =
                switch error {
                case .missing: "is not there"
                case .forbidden: "may not be read by this user"
                case .notRegular: "is not a regular file"
                case .tooLarge: "is longer than 64 KiB"
                case .failed(let reason): "cannot be read: \(reason)"
                }
            let hint =
                switch error {
                case .forbidden: "Let this user read it: look at the rights of the file and of the folders above it."
                case .notRegular, .tooLarge, .failed:
                    grant == .workloadIdentity
                        ? "AZURE_FEDERATED_TOKEN_FILE or the option \"assertion_file\" must name the file with the assertion."
                        : "The option \"assertion_file\" must name the file with the assertion."
                case .missing:
                    grant == .workloadIdentity
                        ? "AKS mounts it into pods with the label azure.workload.identity/use: \"true\" and names it in "
                            + "AZURE_FEDERATED_TOKEN_FILE."
                        : "The option \"assertion_file\" names it: whoever writes it must do so before the sign-in."
                }
            throw MSAuthError(.unsupported, "\(name) \(reason).", hint: hint)
        }
        return try FederatedAssertion(content, origin: name).text
    }

    private func variable() throws(MSAuthError) -> Secret {
        let name = try settings.required(.assertionVariable, grant)
        guard let value = run.environment.machine.variable(name) else {
            throw MSAuthError(
                .unsupported, "The variable \(name), which should hold the assertion, is not set in this process.",
                hint: "The option \"assertion_variable\" names it: set it before the program starts.")
        }
        return try FederatedAssertion(Secret(value), origin: "The variable \(name)").text
    }
}
