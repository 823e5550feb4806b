extension ClientIdentity {
    /// The same with what only the network knows of its authority. For the known clouds, and all kinds whose address says
    /// everything, nobody is asked.
    func located(_ settings: Settings, _ grant: Grant, _ run: Run) throws(MSAuthError) -> ClientIdentity {
        // Neither a platform nor a broker is an authority of the caller's, and a token that was imported has come from one.
        guard broker == nil, grant != .managedIdentity, grant != .accessToken else { return self }
        var identity = self
        if settings[.authorityValidation] == InstanceDiscovery.Validation.discovery.rawValue {
            let asked = settings.given(.cloud).flatMap { Cloud(rawValue: $0) } ?? .public
            try InstanceDiscovery.validate(authority, by: asked, run)
        }
        if authority.kind == .oidc { identity.authority.discovered = try configuration(run) }
        if grant.isApplication, let word = settings.given(.region) {
            guard authority.kind == .entra else {
                throw .invalidArgument(
                    "The option \"region\" is for Microsoft Entra's own authorities, and \(authority) is none.")
            }
            identity.region = word == Region.auto ? try Region.found(run)?.name : word
        }
        return identity
    }

    private func configuration(_ run: Run) throws(MSAuthError) -> OpenIDConfiguration {
        let whereabouts = run.environment.whereabouts
        if let known = whereabouts.configuration(of: authority) { return known }
        let response = try run.get(OpenIDConfiguration.address(of: authority))
        let configuration = try OpenIDConfiguration(response, of: authority)
        whereabouts.remember(configuration, of: authority)
        return configuration
    }
}
