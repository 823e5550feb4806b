/// One option: its kind, who takes it, and one line of help.
package struct OptionDefinition: Sendable {
    package let name: OptionName
    package let kind: OptionKind
    package let calls: [Call]
    /// The grants that read it; empty: it does not depend on the grant.
    package let grants: [Grant]
    /// What holds when nobody sets it, as text; nil: nothing.
    package let defaultValue: String?
    /// Whether a connection keeps it.
    package let isKept: Bool
    /// The variable that gives bindings and the shell their default. The library itself reads none of them.
    package let environment: String?
    package let help: String

    init(
        _ name: OptionName, _ kind: OptionKind, _ calls: [Call], grants: [Grant] = [],
        default defaultValue: String? = nil,
        isKept: Bool = false, environment: String? = nil, _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.calls = calls
        self.grants = grants
        self.defaultValue = defaultValue
        self.isKept = isKept
        self.environment = environment
        self.help = help
    }

    package var isSecret: Bool { kind == .secret || kind == .bytes }
}

/// The table that everything is made from: what a call accepts, `msauth_describe()`, command-line flags, the bindings'
/// parameters and the reference.
package enum Vocabulary {
    package static let options: [OptionDefinition] = [
        OptionDefinition(
            .grant, .word(Grant.allCases.map(\.rawValue)), [.client, .connect], isKept: true,
            "how to sign in; connect without it signs in again as the connection did"),
        OptionDefinition(
            .clientID, .text, [.client, .connect, .acquire], isKept: true, environment: "MSAUTH_CLIENT_ID",
            "the application (client) ID, a GUID from its registration"),
        OptionDefinition(
            .tenant, .text, [.client, .connect, .acquire], default: "organizations", isKept: true,
            environment: "MSAUTH_TENANT",
            "the tenant: its GUID, one of its domains, or for users organizations, common or consumers"),
        OptionDefinition(
            .authority, .url, [.client, .connect, .acquire], isKept: true, environment: "MSAUTH_AUTHORITY",
            "where to sign in instead of the cloud's own host: https://HOST/TENANT, or a B2C, CIAM, AD FS or dSTS authority"
        ),
        OptionDefinition(
            .cloud, .word(Cloud.allCases.map(\.rawValue)), [.client, .connect], default: "public", isKept: true,
            environment: "MSAUTH_CLOUD", "the Microsoft cloud that the tenant lives in"),
        OptionDefinition(
            .scopes, .list, [.client, .connect, .acquire], isKept: true,
            "what the token is for, as scopes; without any of scopes, resource, service and url it is Microsoft Graph"),
        OptionDefinition(
            .resource, .text, [.client, .connect, .acquire], isKept: true,
            "what the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default"
        ),
        OptionDefinition(
            .service, .word(Service.allCases.map(\.rawValue)), [.client, .connect, .acquire], isKept: true,
            "what the token is for, as the name of a service: the connection's cloud says which resource that is"),
        OptionDefinition(
            .url, .url, [.client, .connect, .acquire], isKept: true,
            "what the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it"),
        OptionDefinition(
            .clientSecret, .secret, [.client, .connect, .resume, .acquire],
            grants: [.clientSecret] + Grant.confidential, "the application's secret (its value, not its ID)"),
        OptionDefinition(
            .keepCredentials, .flag, [.client, .connect],
            grants: [
                .authorizationCode, .clientSecret, .certificate, .tokenBroker, .federated, .password, .onBehalfOf,
                .refreshToken,
            ],
            default: "true",
            "keep the secrets in the connection, so that acquire can sign in again by itself"),
        OptionDefinition(
            .cae, .flag, [.client, .connect, .acquire], default: "false", isKept: true,
            "ask for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims challenges"
        ),
        OptionDefinition(
            .brokerID, .text, [.client, .connect], grants: [.tokenBroker], isKept: true,
            "the ID that the token broker's consent page gave; also ID@ADDRESS, with the broker's address"),
        OptionDefinition(
            .brokerToken, .secret, [.client, .connect, .acquire], grants: [.tokenBroker],
            "the Token that the token broker's consent page gave"),
        OptionDefinition(
            .brokerKey, .secret, [.client, .connect, .acquire], grants: [.tokenBroker],
            "the Key that the token broker's consent page gave: base64 of 16, 24 or 32 bytes"),
        OptionDefinition(
            .brokerApp, .text, [.client, .connect], grants: [.tokenBroker], isKept: true,
            "the broker's name of its application, such as ms-graph-calendar or ms-graph-mail"),
        OptionDefinition(
            .brokerURL, .url, [.client, .connect], grants: [.tokenBroker], default: BrokerRegistration.defaultURL,
            isKept: true, "where the token broker is; counts more than an address in broker_id"),
        OptionDefinition(
            .clientCertificate, .path, [.client, .connect, .acquire], grants: [.certificate] + Grant.confidential,
            isKept: true,
            "the file of the application's certificate and its RSA key: PEM, in any order, or PKCS#12"),
        OptionDefinition(
            .clientCertificateKey, .path, [.client, .connect, .acquire], grants: [.certificate] + Grant.confidential,
            isKept: true,
            "the PEM file of the private key, where it is not in the certificate's"),
        OptionDefinition(
            .clientCertificateData, .bytes, [.client, .connect, .resume, .acquire],
            grants: [.certificate] + Grant.confidential,
            "what else would be in the file client_certificate: PEM, PKCS#12, or either in base64"),
        OptionDefinition(
            .clientCertificatePassword, .secret, [.client, .connect, .resume, .acquire],
            grants: [.certificate] + Grant.confidential,
            "the password of the private key or of the PKCS#12 file, or the PIN of the key's device"),
        OptionDefinition(
            .certificateThumbprint, .text, [.client, .connect, .acquire], grants: [.certificate] + Grant.confidential,
            isKept: true,
            "the certificate's SHA-1 or SHA-256 thumbprint: must be the certificate's, or stands for it beside a key alone"
        ),
        OptionDefinition(
            .certificateAlgorithm, .word(SigningAlgorithm.allCases.map(\.rawValue)), [.client, .connect, .acquire],
            grants: [.certificate] + Grant.confidential, isKept: true,
            "how to sign instead of with PS256; with RS256 the certificate is named by its SHA-1 thumbprint"),
        OptionDefinition(
            .sendCertificateChain, .flag, [.client, .connect, .acquire], grants: [.certificate] + Grant.confidential,
            default: "false",
            isKept: true,
            "send the certificate and its issuers along (x5c), for applications that trust by subject name and issuer"),
        OptionDefinition(
            .clientCertificateKeyURI, .text, [.client, .connect, .acquire],
            grants: [.certificate] + Grant.confidential, isKept: true,
            "where the private key is, when it stays in a device: pkcs11:token=NAME;object=NAME, or handle:0x81... in a TPM"
        ),
        OptionDefinition(
            .objectID, .text, [.client, .connect, .acquire], grants: [.managedIdentity], isKept: true,
            "the user-assigned identity, by the object ID of its service principal instead of client_id"),
        OptionDefinition(
            .resourceID, .text, [.client, .connect, .acquire], grants: [.managedIdentity], isKept: true,
            "the user-assigned identity, by its Azure resource ID (/subscriptions/...) instead of client_id"),
        OptionDefinition(
            .managedIdentitySource, .word(["auto"] + ManagedIdentitySource.allCases.map(\.rawValue)),
            [.client, .connect], grants: [.managedIdentity, .federated] + Grant.confidential, default: "auto",
            isKept: true,
            "who gives the identity; auto: whom this process's variables name, else IMDS if it answers"),
        OptionDefinition(
            .redirectURI, .url, [.client, .connect],
            grants: [.interactive, .authorizationCode, .clientSecret, .certificate, .federated], isKept: true,
            "where the browser goes after the sign-in, as registered; for interactive on this machine: http://localhost/PATH"
        ),
        OptionDefinition(
            .port, .number(1...65535), [.client, .connect], grants: [.interactive], isKept: true,
            "the port that the browser comes back to; without it any that is free"),
        OptionDefinition(
            .responseMode, .word(ResponseMode.allCases.map(\.rawValue)), [.client, .connect],
            grants: [.interactive, .authorizationCode], default: ResponseMode.query.rawValue, isKept: true,
            "how the browser brings the answer: in the address, or as a form"),
        OptionDefinition(
            .domainHint, .text, [.client, .connect], grants: [.interactive, .authorizationCode], isKept: true,
            "the domain of the user, to go past the page that asks for the account"),
        OptionDefinition(
            .validateIDToken, .word(["claims", "signature"]), [.client, .connect, .acquire],
            grants: [.interactive, .authorizationCode, .deviceCode, .password, .refreshToken, .onBehalfOf],
            default: "claims", isKept: true,
            "how an ID token is checked: its claims, or its signature too, by the keys that the authority publishes"),
        OptionDefinition(
            .authorityType, .word(AuthorityType.allCases.map(\.rawValue)), [.client, .connect, .acquire],
            default: "auto",
            isKept: true,
            "what stands at authority; auto: its address says it; b2c: B2C under a name of its own; oidc: any OpenID provider"
        ),
        OptionDefinition(
            .authorityValidation, .word(InstanceDiscovery.Validation.allCases.map(\.rawValue)),
            [.client, .connect, .acquire], default: "none", isKept: true,
            "discovery: ask Microsoft once whether an authority that is not known is one of its hosts; none: trust what is named"
        ),
        OptionDefinition(
            .region, .text, [.client, .connect, .acquire], grants: Grant.allCases.filter(\.isApplication), isKept: true,
            "the Azure region whose own token service is asked, such as westeurope; auto: the one that this runs in"),
        OptionDefinition(
            .sharePointHost, .text, [.client, .connect, .acquire], isKept: true,
            "the tenant's name in SharePoint for the services sharepoint and sharepoint_admin, such as contoso"),
        OptionDefinition(
            .assertionSource, .word(AssertionSource.allCases.map(\.rawValue)), [.client, .connect, .acquire],
            grants: [.federated] + Grant.confidential, isKept: true,
            "where the assertion comes from; each other option of a source implies it, github_actions is said by this one"
        ),
        OptionDefinition(
            .assertionFile, .path, [.client, .connect, .acquire],
            grants: [.federated, .workloadIdentity] + Grant.confidential, isKept: true,
            "the file that holds the assertion, read again for each request"),
        OptionDefinition(
            .assertionCommand, .text, [.client, .connect, .acquire], grants: [.federated] + Grant.confidential,
            isKept: true,
            "the command that prints the assertion, run for each request: a JSON array, [\"/usr/bin/tool\", \"token\"]"),
        OptionDefinition(
            .assertionVariable, .text, [.client, .connect, .acquire], grants: [.federated] + Grant.confidential,
            isKept: true, "the name of the environment variable that holds the assertion"),
        OptionDefinition(
            .assertionAudience, .text, [.client, .connect, .acquire], grants: [.federated] + Grant.confidential,
            isKept: true,
            "the audience to ask GitHub Actions or the managed identity for; without it api://AzureADTokenExchange or its cloud's"
        ),
        OptionDefinition(
            .clientAssertion, .secret, [.client, .connect, .resume, .acquire],
            grants: [.federated] + Grant.confidential,
            "the assertion itself, from the program; a fresh one when it is asked for"),
        OptionDefinition(
            .serviceConnectionID, .text, [.client, .connect, .acquire], grants: [.federated] + Grant.confidential,
            isKept: true,
            "the service connection of Azure Pipelines whose assertion it is: the resourceId in its page's address"
        ),
        OptionDefinition(
            .systemAccessToken, .secret, [.client, .connect, .resume, .acquire],
            grants: [.federated] + Grant.confidential,
            "the System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept"),
        OptionDefinition(
            .managedIdentityClientID, .text, [.client, .connect, .acquire],
            grants: [.federated] + Grant.confidential, isKept: true,
            "the user-assigned managed identity whose token is the assertion, by its client ID"),
        OptionDefinition(
            .aksTokenProxy, .flag, [.client, .connect, .acquire], grants: [.workloadIdentity], default: "false",
            isKept: true, "ask through AKS's token proxy (identity bindings) where the pod's environment names one"),
        OptionDefinition(
            .username, .text, [.client, .connect], grants: [.password], isKept: true,
            "the user who signs in by a password, such as alice@contoso.com"),
        OptionDefinition(
            .password, .secret, [.client, .connect, .acquire], grants: [.password],
            "the user's password; it goes to the service, or to the federation server of the user's domain"),
        OptionDefinition(
            .refreshToken, .secret, [.connect], grants: [.refreshToken],
            "the refresh token to go on with; it is redeemed at once"),
        OptionDefinition(
            .accessToken, .secret, [.connect], grants: [.accessToken],
            "the access token to go on with, a JWT without \"Bearer \" before it"),

        OptionDefinition(
            .wait, .flag, [.client, .connect], grants: [.deviceCode], default: "true",
            "false: end once the prompt has been given; resume finishes the sign-in"),
        OptionDefinition(
            .timeout, .seconds(0...86400), [.client, .connect, .resume, .acquire], default: "0",
            "how long the whole operation may take; 0: as long as the sign-in itself allows"),
        OptionDefinition(
            .claims, .json, [.connect, .acquire],
            "the claims of a challenge (an error's claims, or decoded from WWW-Authenticate), at most 8 KiB: forces a new token"
        ),
        OptionDefinition(
            .minValidity, .seconds(0...86400), [.client, .acquire], default: "300",
            "how long a held token must still be good, at most half its life"),
        OptionDefinition(
            .refresh, .flag, [.acquire], default: "false", "true: a new token, whatever is held"),
        OptionDefinition(
            .keep, .word(["nothing", "settings"]), [.disconnect], default: "nothing",
            "settings: forget tokens and credentials, keep how to sign in"),
        OptionDefinition(
            .correlationID, .text, [.connect, .resume, .acquire],
            "a GUID to find the requests by in the service's sign-in log; one is made for each request otherwise"),
        OptionDefinition(
            .redirect, .secret, [.resume], grants: [.authorizationCode, .clientSecret, .certificate, .federated],
            "what the browser came back with: the whole address, its query, the form, or the code alone"),
        OptionDefinition(
            .prompt, .word(["login", "select_account", "consent", "create", "none"]), [.connect],
            grants: [.interactive, .authorizationCode],
            "what the sign-in page must ask for; without it only for what it does not know"),
        OptionDefinition(
            .loginHint, .text, [.connect], grants: [.interactive, .authorizationCode],
            "the user name to begin with; interactive takes nobody else"),
        OptionDefinition(
            .browser, .text, [.client, .connect], grants: [.interactive],
            "the command that opens the address, instead of $BROWSER or the desktop's; none: open nothing"),
        OptionDefinition(
            .adminConsent, .flag, [.connect], grants: [.clientSecret, .certificate, .federated], default: "false",
            "first give the address where an administrator consents to the application; resume takes the answer and signs in"
        ),
        OptionDefinition(
            .probe, .flag, [.connect, .acquire], default: "false",
            "ask the address of url once, without a token, what a token for it is made out to"),
        OptionDefinition(
            .userAssertion, .secret, [.connect, .acquire], grants: [.onBehalfOf],
            "the access token that the caller of this service presented: whose user the new token is for"),

        OptionDefinition(
            .store, .word(["secret-service", "memory"]), [.client], default: "secret-service",
            environment: "MSAUTH_STORE",
            "where connections are kept: the user's keyring, or this process's memory"),
        OptionDefinition(
            .storePrompt, .flag, [.client], default: "false",
            "let the keyring ask the user to unlock it"),
        OptionDefinition(
            .storePlainSession, .flag, [.client], default: "false",
            "accept a keyring that only talks in clear over the session bus"),
        OptionDefinition(
            .storeTimeout, .seconds(1...600), [.client], default: "10", "how long the store may take to answer"),

        OptionDefinition(
            .caFile, .path, [.client], environment: "MSAUTH_CA_FILE",
            "a PEM file of certificate authorities to trust besides the system's"),
        OptionDefinition(
            .proxy, .url, [.client],
            "the proxy instead of HTTPS_PROXY and ALL_PROXY, such as http://host:3128; an empty one: none"
        ),
        OptionDefinition(
            .noProxy, .list, [.client], "hosts that are reached without the proxy, instead of NO_PROXY; * for all"),
        OptionDefinition(
            .connectTimeout, .seconds(1...300), [.client], default: "10", "how long a connection may take to be made"),
        OptionDefinition(
            .httpTimeout, .seconds(1...600), [.client], default: "30",
            "how long one request may take from first to last"),
        OptionDefinition(
            .application, .text, [.client],
            "the name and version of your program for the User-Agent, such as backup/2.1"),
        OptionDefinition(
            .log, .text, [.client], environment: "MSAUTH_LOG",
            "where to write what is done, without secrets: a path, stderr or fd:N"),
    ]

    /// Every name has its row; a test says so.
    package static func definition(_ name: OptionName) -> OptionDefinition {
        guard let definition = table[name] else { preconditionFailure("the option \(name.rawValue) has no row") }
        return definition
    }

    package static func options(for call: Call) -> [OptionDefinition] {
        options.filter { $0.calls.contains(call) }
    }

    /// The definition for a name from outside, or the error that helps: the nearest name, and all that are taken.
    package static func definition(named name: String, for call: Call? = nil) throws(MSAuthError) -> OptionDefinition {
        if let definition = byName[name], call.map({ definition.calls.contains($0) }) ?? true { return definition }
        let taken = call.map { options(for: $0) } ?? options
        let names = taken.map(\.name.rawValue)
        let refusal = call.map { "\($0.rawValue) does not take the option" } ?? "There is no option"
        let question = name.nearest(in: names).map { "; did you mean \"\($0)\"?" } ?? "."
        let whose = call.map { "\($0.rawValue) takes" } ?? "There are"
        throw .invalidArgument(
            "\(refusal) \(name.quotedForMessage)\(question) \(whose): \(names.sorted().joined(separator: ", ")).")
    }

    private static let table = Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0) })
    private static let byName = Dictionary(uniqueKeysWithValues: options.map { ($0.name.rawValue, $0) })
}
