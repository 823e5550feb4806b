/// Every option there is, by the one name that it has in C, Python, PowerShell, the shell, stored records and docs.
package enum OptionName: String, CaseIterable, Sendable {
    // How to sign in, and as what.
    case grant
    case clientID = "client_id"
    case tenant
    case authority
    case cloud
    case scopes
    case resource
    case service
    case url
    case clientSecret = "client_secret"
    case keepCredentials = "keep_credentials"
    case cae
    case brokerID = "broker_id"
    case brokerToken = "broker_token"
    case brokerKey = "broker_key"
    case brokerApp = "broker_app"
    case brokerURL = "broker_url"
    case clientCertificate = "client_certificate"
    case clientCertificateKey = "client_certificate_key"
    case clientCertificateData = "client_certificate_data"
    case clientCertificatePassword = "client_certificate_password"
    case certificateThumbprint = "certificate_thumbprint"
    case certificateAlgorithm = "certificate_algorithm"
    case sendCertificateChain = "send_certificate_chain"
    case clientCertificateKeyURI = "client_certificate_key_uri"
    case objectID = "object_id"
    case resourceID = "resource_id"
    case managedIdentitySource = "managed_identity_source"
    case redirectURI = "redirect_uri"
    case port
    case responseMode = "response_mode"
    case domainHint = "domain_hint"
    case validateIDToken = "validate_id_token"
    case authorityType = "authority_type"
    case authorityValidation = "authority_validation"
    case region
    case sharePointHost = "sharepoint_host"
    case assertionSource = "assertion_source"
    case assertionFile = "assertion_file"
    case assertionCommand = "assertion_command"
    case assertionVariable = "assertion_variable"
    case assertionAudience = "assertion_audience"
    case clientAssertion = "client_assertion"
    case serviceConnectionID = "service_connection_id"
    case systemAccessToken = "system_access_token"
    case managedIdentityClientID = "managed_identity_client_id"
    case aksTokenProxy = "aks_token_proxy"
    case username
    case password
    case refreshToken = "refresh_token"
    case accessToken = "access_token"

    // One call.
    case wait
    case timeout
    case claims
    case minValidity = "min_validity"
    case refresh
    case keep
    case correlationID = "correlation_id"
    case redirect
    case prompt
    case loginHint = "login_hint"
    case browser
    case adminConsent = "admin_consent"
    case probe
    case userAssertion = "user_assertion"

    // The store.
    case store
    case storePrompt = "store_prompt"
    case storePlainSession = "store_plain_session"
    case storeTimeout = "store_timeout"

    // The network.
    case caFile = "ca_file"
    case proxy
    case noProxy = "no_proxy"
    case connectTimeout = "connect_timeout"
    case httpTimeout = "http_timeout"
    case application
    case log
}

/// What an option's value looks like.
package enum OptionKind: Sendable, Equatable {
    case text
    /// Never shown, and wiped when freed.
    case secret
    /// A secret of any bytes: a key, where a newline is no mistake.
    case bytes
    case flag
    /// Whole seconds within limits.
    case seconds(ClosedRange<Int>)
    /// A whole number within limits.
    case number(ClosedRange<Int>)
    case word([String])
    /// Separated by spaces.
    case list
    case path
    case url
    /// A JSON object.
    case json

    package var name: String {
        switch self {
        case .text: "text"
        case .secret: "secret"
        case .bytes: "bytes"
        case .flag: "flag"
        case .seconds: "seconds"
        case .number: "number"
        case .word: "word"
        case .list: "list"
        case .path: "path"
        case .url: "url"
        case .json: "json"
        }
    }

    package var words: [String] {
        if case .word(let words) = self { words } else { [] }
    }
}
