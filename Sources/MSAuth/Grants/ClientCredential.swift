/// What a confidential application proves itself by: RFC 6749 section 2.3.1, or an assertion, RFC 7523 section 2.2.
enum ClientCredential {
    case secret
    case certificate

    /// The one that the grant stands for; where a grant takes any, the one that is given nearest. Nil: the application
    /// is public, it runs on somebody's machine and has none.
    init?(_ settings: Settings, _ grant: Grant) throws(MSAuthError) {
        switch grant {
        case .clientSecret: self = .secret
        case .certificate: self = .certificate
        default:
            guard Grant.confidential.contains(grant) else { return nil }
            let given = settings.nearestNames(of: ClientCredential.deciding)
            guard let first = given.first else { return nil }
            guard given.count == 1 else {
                let names = given.map { "\"\($0.rawValue)\"" }.joined(separator: " and ")
                throw .invalidArgument("The options \(names) exclude each other: give one of them.")
            }
            self = first == .clientSecret ? .secret : .certificate
        }
    }

    /// The options that say which credential it is; one at a time.
    static let deciding: [OptionName] = [.clientSecret, .clientCertificate, .clientCertificateData]

    /// All that belong to a credential: a new one takes the place of all of them.
    static let options: [OptionName] = [.clientSecret] + ClientCertificate.names

    /// What goes into a request.
    func proof(
        _ identity: ClientIdentity, _ settings: Settings, _ grant: Grant, _ environment: Environment
    ) throws(MSAuthError) -> ClientIdentity.Proof {
        switch self {
        case .secret: return .secret(try settings.requiredSecret(.clientSecret, grant))
        case .certificate:
            let certificate = try ClientCertificate(settings, grant, identity.authority, environment.certificates)
            return .assertion(
                try environment.assertions.assertion(
                    certificate, audience: identity.authority.tokenEndpoint, clientID: identity.clientID, environment))
        }
    }
}
