/// A refusal of a metadata endpoint, and what it means for the caller. Each source has its own shape of error.
struct MetadataRefusal {
    static let containers =
        "In a container IMDS is reached only by the host's network, or where 169.254.169.254 is let through; "
        + "in Kubernetes use workload_identity."
    private static let identities =
        "Check that the machine or service has this identity, and that the resource exists in its tenant."

    private let response: HTTPResponse
    private let source: ManagedIdentitySource
    private let text: String
    private let failure: ServiceFailure?
    /// Of an answer as RFC 6749 has them; most platforms' are not.
    private let standard: MSAuthError

    init(_ response: HTTPResponse, _ source: ManagedIdentitySource, secrets: [Secret]) {
        self.response = response
        self.source = source
        let standard = ServiceError(response, secrets: secrets).error
        let json = JSON(response.body)
        let said =
            json?["error_description"]?.string ?? json?["message"]?.string ?? json?["Message"]?.string
            ?? json?["error"]?["message"]?.string ?? ""
        text = ServerText.clean(ServerText.redact(said, secrets))
        var failure = standard.service
        if failure?.errorCode == nil {
            failure?.errorCode = json?["error"]?["code"]?.string.map { ServerText.clean($0, limit: 128) }
        }
        if failure?.aadsts == nil { failure?.aadsts = AADSTS.number(in: text) }
        self.failure = failure
        self.standard = standard
    }

    var error: MSAuthError {
        let (status, hint) = meaning
        let sentence = text.isEmpty ? standard.message : "\(source.title) refused: \(text)"
        return MSAuthError(status, sentence, hint: hint, service: failure)
    }

    private var meaning: (status: Status, hint: String?) {
        if let known = failure?.aadsts.flatMap({ AADSTS.table[$0] }) { return (known.status, known.hint) }
        switch response.status {
        case 300...399: return (.untrusted, "Metadata requests follow no redirect: look at what listens there.")
        case 429: return (.throttled, standard.hint)
        case 408, 410, 500...599: return (.service, AADSTS.tryLater)
        case 400, 404: return (.configuration, MetadataRefusal.identities)
        case 403 where !MetadataRefusal.isFromIMDS(response): return (.noManagedIdentity, MetadataRefusal.containers)
        default: return (.rejected, MetadataRefusal.identities)
        }
    }

    /// Docker Desktop answers for every address that it cannot reach.
    static func isFromIMDS(_ response: HTTPResponse) -> Bool {
        response.status != 403 || !response.body.text().contains("unreachable")
    }

    /// No answer at all. It may pass, so a token that is still good stays in use.
    static func silence(_ source: ManagedIdentitySource, _ error: MSAuthError) -> MSAuthError {
        MSAuthError(
            .network, "\(source.title) does not answer: \(error.message)",
            hint: source == .imds
                ? "\(containers) Outside of Azure there is none." : "The platform runs it: look whether it does.")
    }
}
