/// How a connection signs in: the words of the option `grant`.
package enum Grant: String, CaseIterable, Sendable {
    case interactive
    case authorizationCode = "authorization_code"
    case deviceCode = "device_code"
    case clientSecret = "client_secret"
    case tokenBroker = "token_broker"
    case certificate
    case managedIdentity = "managed_identity"
    case federated
    case workloadIdentity = "workload_identity"
    case password
    case onBehalfOf = "on_behalf_of"
    case refreshToken = "refresh_token"
    case accessToken = "access_token"

    /// Who must be there while it signs in.
    package var needs: String { isUnattended || isImport ? "nobody" : "user" }

    /// Signs in from what it was given, whenever a token is wanted.
    package var isUnattended: Bool {
        switch self {
        case .interactive, .authorizationCode, .deviceCode, .refreshToken, .accessToken: false
        case .clientSecret, .certificate, .tokenBroker, .managedIdentity, .federated, .workloadIdentity, .password,
            .onBehalfOf:
            true
        }
    }

    /// Takes over what somebody has got elsewhere.
    private var isImport: Bool { self == .refreshToken || self == .accessToken }

    /// The application acts for itself at the token endpoint, and gets no refresh token.
    package var isApplication: Bool {
        switch self {
        case .clientSecret, .certificate, .federated, .workloadIdentity: true
        default: false
        }
    }

    /// Grants that a confidential application may use with whatever credential it has.
    package static let confidential: [Grant] = [.authorizationCode, .password, .onBehalfOf, .refreshToken]

    /// The secrets that it signs in with, and that a connection may keep.
    package var credentials: [OptionName] {
        Vocabulary.options.filter { $0.isSecret && $0.calls.contains(.connect) && $0.grants.contains(self) }.map(\.name)
            .filter { !Grant.spent.contains($0) }
    }

    /// Secrets that stand for one sign-in, which is over with the call, or for one job of a pipeline.
    private static let spent: Set<OptionName> = [.userAssertion, .refreshToken, .accessToken, .systemAccessToken]

    package var required: [OptionName] {
        switch self {
        case .interactive, .deviceCode: [.clientID]
        case .authorizationCode: [.clientID, .redirectURI]
        case .clientSecret: [.clientID, .tenant, .clientSecret]
        case .tokenBroker: [.brokerID, .brokerToken, .brokerKey, .brokerApp]
        // Besides, one of client_certificate and client_certificate_data.
        case .certificate: [.clientID, .tenant]
        case .managedIdentity: []
        case .federated: [.clientID, .tenant]
        // What the pod's environment does not say.
        case .workloadIdentity: []
        case .password: [.clientID, .username, .password]
        // Besides, a credential of the application.
        case .onBehalfOf: [.clientID, .tenant, .userAssertion]
        case .refreshToken: [.clientID, .refreshToken]
        case .accessToken: [.accessToken]
        }
    }

    package var help: String {
        switch self {
        case .interactive:
            "the browser on this machine, which comes back to a port of it (RFC 6749 section 4.1, RFC 7636, RFC 8252)"
        case .authorizationCode:
            "the same in two halves, for a program that the browser comes back to: the address out, the redirect in by resume"
        case .deviceCode:
            "a code that is entered in a browser on any device (RFC 8628); may be begun in one process and resumed in another"
        case .clientSecret: "the application itself, by its secret (RFC 6749 section 4.4)"
        case .tokenBroker: "an application of Cortex XSOAR's token broker, by the ID, Token and Key of its consent page"
        case .certificate: "the application itself, by its certificate and private key (RFC 7523 section 2.2)"
        case .managedIdentity:
            "the identity that Azure gives the machine or service that this runs on; there is no secret"
        case .federated:
            "the application itself, by an assertion of another identity provider that it trusts (RFC 7523 section 2.2)"
        case .workloadIdentity: "the same in Kubernetes, as AKS sets it up in a pod's environment"
        case .password:
            "a user by name and password (RFC 6749 section 4.3), also of a federated domain; cannot do multi-factor authentication"
        case .onBehalfOf:
            "a service, in the name of the user who called it with a token for it; by the service's own credential besides"
        case .refreshToken: "a refresh token that another program got for the same application (RFC 6749 section 6)"
        case .accessToken: "an access token that another program got, as long as it lasts; it is read, not verified"
        }
    }
}
