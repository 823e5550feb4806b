/// Asks an API itself what a token for it must be made out to: one request without a token, and the 401 that answers it.
struct Probe {
    /// What the options say instead of `url` from then on.
    struct Finding: Sendable, Equatable {
        let option: OptionName
        let value: String
    }

    let url: String
    fileprivate let address: Address
    /// What the address says by itself.
    private let derived: String

    init(_ url: String) throws(MSAuthError) {
        derived = try ResourceAddress.resource(of: url)
        guard let address = Address(url) else { throw ResourceAddress.wrong(url) }
        self.url = url
        self.address = address
    }

    func ask(_ run: Run) throws(MSAuthError) -> Finding {
        // SharePoint and Exchange name no Bearer scheme to who does not name it first; Storage wants to know the version.
        let response = try run.get(
            url, headers: [("Authorization", "Bearer"), ("x-ms-version", "2020-04-08")])
        return try finding(in: response)
    }

    func finding(in response: HTTPResponse) throws(MSAuthError) -> Finding {
        guard response.status == 401, let header = response.headers["www-authenticate"] else { return byAddress }
        for challenge in Challenge.bearer(in: header) {
            if let resource = challenge.parameters["resource"] ?? challenge.parameters["resource_id"], !resource.isEmpty
            {
                return Finding(option: .resource, value: try allowed(resource, resource))
            }
            // Of other schemes' making, such as a registry's, a scope is no address.
            if let scopes = challenge.parameters["scope"], scopes.lowercased().hasPrefix("https://") {
                for scope in scopes.split(separator: " ") {
                    _ = try allowed(Probe.resource(of: String(scope)), String(scope))
                }
                return Finding(option: .scopes, value: scopes)
            }
        }
        return byAddress
    }

    private var byAddress: Finding { Finding(option: .resource, value: derived) }

    private static func resource(of scope: String) -> String {
        guard let slash = scope.lastIndex(of: "/"), slash > scope.startIndex else { return scope }
        return String(scope[..<slash])
    }

    /// A host may ask for tokens for itself, or for the service whose name it is under. One that could name any other
    /// resource would have us fetch, and send it, tokens for somebody else.
    private func allowed(_ resource: String, _ said: String) throws(MSAuthError) -> String {
        if resource == derived { return said }
        if let named = Address(resource) {
            let isOwn = named.origin == address.origin
            let isService =
                address.host.hasSuffix("." + named.host) && named.origin == "https://" + named.host
                && ResourceAddress.isService(named.host)
            if isOwn || isService || named.origin == derived.trimmingSlash { return said }
        }
        throw MSAuthError(
            .untrusted, "\(address.origin) asks for a token for \(said.quotedForMessage), which is not its own name.",
            hint: "If that is right, give it yourself as \"resource\" or \"scopes\", instead of \"url\" and \"probe\".")
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}

extension Options {
    /// The options with the finding of a probe in place of the address; nil where one is wanted and nobody has asked yet.
    func afterProbe(_ whereabouts: Whereabouts) throws(MSAuthError) -> Options? {
        guard self[.probe] == "true" else { return self }
        guard let url = self[.url] else {
            throw .invalidArgument(
                "The option \"probe\" needs the option \"url\" in the same call: it asks that address.")
        }
        guard let finding = whereabouts.finding(of: url) else { return nil }
        return try replacing(url: finding)
    }

    /// The same, and asks.
    func probed(_ run: Run) throws(MSAuthError) -> Options {
        let whereabouts = run.environment.whereabouts
        if let options = try afterProbe(whereabouts) { return options }
        guard let url = self[.url] else { return self }
        let probe = try Probe(url)
        let finding = try probe.ask(run)
        // Without its query, which may be a signature that is as good as a token.
        run.environment.log.write { "\(probe.address.origin) wants a token for \(finding.value)" }
        whereabouts.remember(finding, of: url)
        return try replacing(url: finding)
    }

    private func replacing(url finding: Probe.Finding) throws(MSAuthError) -> Options {
        // Two ways to say it are a mistake of the caller's, with a probe too.
        guard self[.scopes] == nil, self[.resource] == nil, self[.service] == nil else { return self }
        var options = self
        try options.set(OptionName.url.rawValue, nil)
        try options.set(OptionName.probe.rawValue, nil)
        try options.set(finding.option, finding.value)
        return options
    }
}
