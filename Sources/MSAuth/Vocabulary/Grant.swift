/// How a connection signs in: the words of the option `grant`.
package enum Grant: String, CaseIterable, Sendable {
    case deviceCode = "device_code"
    case clientSecret = "client_secret"

    /// Who must be there while it signs in.
    package var needs: String {
        switch self {
        case .deviceCode: "user"
        case .clientSecret: "nobody"
        }
    }

    package var required: [OptionName] {
        switch self {
        case .deviceCode: [.clientID]
        case .clientSecret: [.clientID, .tenant, .clientSecret]
        }
    }

    package var help: String {
        switch self {
        case .deviceCode:
            "a code that is entered in a browser on any device (RFC 8628); may be begun in one process and resumed in another"
        case .clientSecret: "the application itself, by its secret (RFC 6749 section 4.4)"
        }
    }
}
