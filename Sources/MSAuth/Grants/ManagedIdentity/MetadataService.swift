/// Where one source is reached and what it wants to hear, as the platform has set it up in this process.
struct MetadataService: Sendable {
    static let imdsHost = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
    static let imdsAddress = "http://169.254.169.254"
    private static let path = "/metadata/identity/oauth2/token"

    let source: ManagedIdentitySource
    private let url: String
    private let apiVersion: String?
    private let headers: [(name: String, value: String)]
    private let secrets: [Secret]
    /// What Azure ML takes for the system's identity.
    private let defaultClientID: String?
    private let pin: CertificatePin?

    init(_ source: ManagedIdentitySource, on machine: any Machine) throws(MSAuthError) {
        self.source = source
        let metadata = (name: "Metadata", value: "true")
        var secretHeader: (name: String, variable: String)?
        switch source {
        case .imds:
            let host = try MetadataService.address(machine, MetadataService.imdsHost)
            url = (host ?? MetadataService.imdsAddress).trimmingSlashes + MetadataService.path
            apiVersion = "2018-02-01"
        case .appService:
            url = try MetadataService.needed(machine, "IDENTITY_ENDPOINT", source)
            apiVersion = "2019-08-01"
            secretHeader = ("X-IDENTITY-HEADER", "IDENTITY_HEADER")
        case .arc:
            url =
                try MetadataService.address(machine, "IDENTITY_ENDPOINT") ?? "http://127.0.0.1:40342"
                + MetadataService.path
            apiVersion = "2020-06-01"
        case .cloudShell:
            url = try MetadataService.needed(machine, "MSI_ENDPOINT", source)
            apiVersion = nil
        case .azureML:
            url = try MetadataService.needed(machine, "MSI_ENDPOINT", source)
            apiVersion = "2017-09-01"
            secretHeader = ("secret", "MSI_SECRET")
        case .serviceFabric:
            url = try MetadataService.needed(machine, "IDENTITY_ENDPOINT", source)
            apiVersion = "2019-07-01-preview"
            secretHeader = ("secret", "IDENTITY_HEADER")
        }
        pin = source == .serviceFabric ? try MetadataService.pin(machine, url) : nil
        guard let secretHeader else {
            headers = [metadata]
            secrets = []
            defaultClientID = nil
            return
        }
        let secret = try MetadataService.value(machine, secretHeader.variable, source)
        // App Service's, and Azure Automation's behind it, wants both; the others take none but the secret.
        headers = [(secretHeader.name, secret)] + (source == .appService ? [metadata] : [])
        secrets = [Secret(secret)]
        defaultClientID = source == .azureML ? machine.variable("DEFAULT_IDENTITY_CLIENT_ID") : nil
    }

    /// The request for a token, or the sentence that says why this source cannot be asked for that identity.
    func request(
        _ resource: String, _ identity: ManagedIdentity, authorization: Secret? = nil
    ) throws(MSAuthError) -> HTTPRequest {
        var form = FormBody()
        form.add("api-version", ifAny: apiVersion)
        form.add("resource", resource)
        if let option = identity.option {
            guard let parameter = source.parameter(option) else {
                let taken = ManagedIdentity.names.filter { source.parameter($0) != nil }
                throw .invalidArgument(
                    "\(source.title) does not take the option \"\(option.rawValue)\""
                        + (taken.isEmpty ? ": it has one identity alone." : ", only \"\(taken[0].rawValue)\"."))
            }
            form.add(parameter, identity.value)
        } else {
            form.add("clientid", ifAny: defaultClientID)
        }
        let authorized = authorization.map { [(name: "Authorization", value: "Basic \($0.text())")] } ?? []
        let secrets = secrets + (authorization.map { [$0] } ?? [])
        if source == .cloudShell {
            return HTTPRequest(metadata: url, form: form, headers: headers, secrets: secrets)
        }
        var request = HTTPRequest(
            metadata: url + (url.contains("?") ? "&" : "?") + form.encoded().text(), form: nil,
            headers: headers + authorized, secrets: secrets)
        request.pin = pin
        return request
    }

    /// Asks IMDS only whether it is there: without the header that it wants it gives nothing away.
    static let probe = HTTPRequest(
        metadata: imdsAddress + path + "?api-version=2018-02-01", form: nil, headers: [], secrets: [])

    /// The certificate of Service Fabric's endpoint, which it has signed itself. Nothing else says whose it is.
    private static func pin(_ machine: any Machine, _ url: String) throws(MSAuthError) -> CertificatePin {
        let variable = "IDENTITY_SERVER_THUMBPRINT"
        guard url.lowercased().hasPrefix("https://") else {
            throw MSAuthError(
                .untrusted,
                "Service Fabric's identity endpoint \(url.quotedForMessage) is not https, which it always is.",
                hint: "The platform sets IDENTITY_ENDPOINT: look for what has changed it.")
        }
        let text = try value(machine, variable, .serviceFabric)
        guard let pin = CertificatePin(text) else {
            throw MSAuthError(
                .configuration,
                "The variable \(variable) is \(text.quotedForMessage), which is no SHA-1 thumbprint of 40 hexadecimal digits.",
                hint: "The platform sets it: look for what has changed it.")
        }
        return pin
    }

    private static func value(
        _ machine: any Machine, _ variable: String, _ source: ManagedIdentitySource
    ) throws(MSAuthError) -> String {
        guard let value = machine.variable(variable) else {
            throw MSAuthError(
                .noManagedIdentity,
                "\(source.title) is not here: the variable \(variable), which the platform sets, is missing.",
                hint: "Give this application an identity in the platform's settings and start it anew, or leave "
                    + "\"managed_identity_source\" to be found out.")
        }
        guard value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw MSAuthError(.untrusted, "The variable \(variable) holds what no request can be made of.")
        }
        return value
    }

    private static func needed(
        _ machine: any Machine, _ variable: String, _ source: ManagedIdentitySource
    ) throws(MSAuthError) -> String {
        _ = try value(machine, variable, source)
        return try address(machine, variable) ?? ""
    }

    /// What the platform set may be plain http, also on a private address; nothing else may.
    static func address(_ machine: any Machine, _ variable: String) throws(MSAuthError) -> String? {
        guard let text = machine.variable(variable) else { return nil }
        let isPlain = text.lowercased().hasPrefix("http://")
        guard Address(isPlain ? "https://" + text.dropFirst("http://".count) : text) != nil else {
            throw MSAuthError(
                .configuration,
                "The variable \(variable) is \(text.quotedForMessage), which is no http or https address.",
                hint: "The platform sets it: look for what has changed it.")
        }
        return text
    }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
