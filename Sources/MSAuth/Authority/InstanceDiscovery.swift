/// Asks Microsoft whether a host is one of its own: only where the caller wants that, and only for hosts that are not known.
enum InstanceDiscovery {
    /// How much is trusted in an authority that the caller names: the words of `authority_validation`.
    package enum Validation: String, CaseIterable {
        case none
        case discovery
    }

    /// Throws `untrusted` for a host that Microsoft does not know.
    static func validate(_ authority: Authority, by cloud: Cloud, _ run: Run) throws(MSAuthError) {
        // The other kinds stand on hosts of their own, which no cloud lists; Microsoft's libraries do not ask for them either.
        guard authority.kind == .entra, !Cloud.isKnown(authority.host) else { return }
        guard !run.environment.whereabouts.isValidated(authority.host) else { return }
        var query = FormBody()
        query.add("api-version", "1.1")
        query.add("authorization_endpoint", authority.authorizationEndpoint)
        let response = try run.get("https://\(cloud.host)/common/discovery/instance?\(query.encoded().text())")
        guard response.status == 200 else {
            let refusal = ServiceError(response, secrets: [])
            guard refusal.failure.errorCode == "invalid_instance" else { throw refusal.error }
            throw unknown(authority)
        }
        guard let json = JSON(response.body), json.object != nil else { throw Unreadable.notJSON(response) }
        guard json["tenant_discovery_endpoint"]?.string != nil else { throw unknown(authority) }
        run.environment.whereabouts.validated(authority.host)
    }

    private static func unknown(_ authority: Authority) -> MSAuthError {
        MSAuthError(
            .untrusted, "Microsoft does not know the authority \(authority.base), so it was sent nothing.",
            hint: "Check its spelling. If the host is yours, \"authority_validation\" none trusts it as it is named.")
    }
}

extension Run {
    /// A document that anybody may read.
    func get(_ url: String, headers: [(name: String, value: String)] = []) throws(MSAuthError) -> HTTPResponse {
        let request = HTTPRequest(get: url, accept: "application/json", headers: headers)
        return try send(request, showing: request.origin)
    }
}
