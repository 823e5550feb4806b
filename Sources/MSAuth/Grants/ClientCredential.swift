/// What a confidential application proves itself by: RFC 6749 section 2.3.1, or an assertion, RFC 7523 section 2.2.
enum ClientCredential {
    case secret
    case certificate
    case federated

    /// The one that the grant stands for; where a grant takes any, the one that is given nearest. Nil: the application
    /// is public, it runs on somebody's machine and has none.
    init?(_ settings: Settings, _ grant: Grant) throws(MSAuthError) {
        switch grant {
        case .clientSecret: self = .secret
        case .certificate: self = .certificate
        case .federated, .workloadIdentity: self = .federated
        default:
            guard Grant.confidential.contains(grant) else { return nil }
            let given = settings.nearestNames(of: ClientCredential.deciding)
            let kinds = Set(given.map(ClientCredential.kind))
            guard let kind = kinds.first else {
                guard grant != .onBehalfOf else { throw ClientCredential.isNeeded }
                return nil
            }
            guard kinds.count == 1 else {
                let names = given.map { "\"\($0.rawValue)\"" }.joined(separator: " and ")
                throw .invalidArgument("The options \(names) exclude each other: give one of them.")
            }
            self = kind
        }
    }

    /// Nobody acts in a user's name without one.
    private static let isNeeded = MSAuthError.invalidArgument(
        "The grant on_behalf_of needs the application's own credential, one of "
            + deciding.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + ".")

    /// The options that say which credential it is.
    static let deciding: [OptionName] =
        [.clientSecret, .clientCertificate, .clientCertificateData, .clientCertificateKeyURI]
        + AssertionSource.deciding

    /// All that belong to a credential: a new one takes the place of all of them.
    static let options = others + ClientCertificate.names

    /// Those that are no certificate's.
    static let others: [OptionName] = [.clientSecret] + AssertionSource.options

    private static func kind(of name: OptionName) -> ClientCredential {
        if name == .clientSecret { return .secret }
        return AssertionSource.deciding.contains(name) ? .federated : .certificate
    }

    /// Throws when the caller alone can give it, and has not.
    func checkAtHand(_ settings: Settings, _ grant: Grant, now: Int) throws(MSAuthError) {
        guard self == .federated, try AssertionSource(settings, grant) == .program else { return }
        _ = try FederatedCredential.handedIn(settings, now: now)
    }

    /// What goes into a request.
    func proof(
        _ identity: ClientIdentity, _ settings: Settings, _ grant: Grant, _ run: Run
    ) throws(MSAuthError) -> ClientIdentity.Proof {
        let environment = run.environment
        switch self {
        case .secret: return .secret(try settings.requiredSecret(.clientSecret, grant))
        case .certificate:
            let certificate = try ClientCertificate(settings, grant, identity.authority, environment.certificates)
            return .assertion(
                try environment.assertions.assertion(
                    certificate, audience: identity.authority.tokenEndpoint, clientID: identity.clientID, environment))
        case .federated: return .assertion(try FederatedCredential(settings, grant, run).assertion())
        }
    }
}
