/// Gets a token for the identity that a platform gave the machine or service that this runs on.
struct ManagedIdentitySignIn {
    private let settings: Settings
    private let run: Run

    init(_ settings: Settings, _ run: Run) {
        self.settings = settings
        self.run = run
    }

    func redeem(_ identity: ManagedIdentity, _ scopes: Scopes) throws(MSAuthError) -> TokenResponse {
        guard let resource = scopes.resource else {
            throw .invalidArgument(
                "A managed identity gets tokens for one resource at a time, and these are for more: "
                    + "\(scopes.description.quotedForMessage). The option \"resource\" takes one.")
        }
        let service = try MetadataService(source(), on: run.environment.machine)
        let sent = run.environment.clock.wall
        let response = try answer(of: service, resource, identity)
        var token = try TokenResponse(response)
        // A platform keeps what could renew the token to itself.
        token.refreshToken = nil
        token.expiresIn = try TokenLifetime.seconds(response, now: sent)
        // What Microsoft's libraries do, so that a token of a day is not used to its last minute.
        if token.refreshIn == nil, token.expiresIn >= 7200 { token.refreshIn = token.expiresIn / 2 }
        return token
    }

    /// The one that was named, or is found out.
    private func source() throws(MSAuthError) -> ManagedIdentitySource {
        if let named = ManagedIdentitySource(rawValue: settings[.managedIdentitySource] ?? "") { return named }
        if let named = ManagedIdentitySource.named(on: run.environment.machine) { return named }
        guard try imdsAnswers() else {
            throw MSAuthError(
                .noManagedIdentity,
                "No managed identity is to be had here: none of the variables of App Service, Azure Arc, Azure ML and Cloud "
                    + "Shell is set, and IMDS did not answer at \(MetadataService.imdsAddress) within a second.",
                hint: MetadataRefusal.containers)
        }
        return .imds
    }

    /// Asked once in a process: elsewhere than in Azure nobody answers, and each time would cost a second.
    private func imdsAnswers() throws(MSAuthError) -> Bool {
        let machine = run.environment.machine
        if let known = machine.imdsAnswers { return known }
        var probe = MetadataService.probe
        let limit = min(try run.remaining() ?? 1, 1)
        probe.timeout = limit
        run.environment.log.write { "probing IMDS" }
        let isThere: Bool
        do throws(MSAuthError) {
            isThere = MetadataRefusal.isFromIMDS(try run.environment.transport.send(probe, run.cancellation))
        } catch {
            guard error.status == .network else { throw error }
            // Less than a second says nothing about the machine.
            guard limit == 1 else { throw .timedOut }
            isThere = false
        }
        run.environment.log.write { "IMDS is \(isThere ? "" : "not ")there" }
        machine.remember(imdsAnswers: isThere)
        return isThere
    }

    private func answer(
        of service: MetadataService, _ resource: String, _ identity: ManagedIdentity
    ) throws(MSAuthError) -> HTTPResponse {
        let request = try service.request(resource, identity)
        let response = try send(request, to: service.source)
        guard service.source == .arc else { return try checked(response, request, service.source) }
        guard response.status == 401 else {
            // Who asks for no proof of being on the machine is not the agent.
            guard response.status != 200 else { throw ArcChallenge.notMade }
            return try checked(response, request, .arc)
        }
        let key = try ArcChallenge(response).answer(from: run.environment.machine)
        let proven = try service.request(resource, identity, authorization: key)
        let token = try checked(send(proven, to: .arc), proven, .arc)
        try ArcChallenge.checkEcho(of: identity, in: token)
        return token
    }

    private func send(_ request: HTTPRequest, to source: ManagedIdentitySource) throws(MSAuthError) -> HTTPResponse {
        var tries = 0
        while true {
            let response = try sendOnce(request, to: source)
            guard let pause = source.pause(after: response, tries: tries) else { return response }
            tries += 1
            run.environment.log.write { "\(source.rawValue) answered \(response.status): trying again in \(pause) s" }
            try run.sleep(pause)
        }
    }

    private func sendOnce(
        _ request: HTTPRequest, to source: ManagedIdentitySource
    ) throws(MSAuthError) -> HTTPResponse {
        var request = request
        request.timeout = try run.remaining()
        let (method, origin) = (request.method, request.origin)
        run.environment.log.write { "\(method) \(origin) managed identity of \(source.rawValue)" }
        let response: HTTPResponse
        do throws(MSAuthError) {
            response = try run.environment.transport.send(request, run.cancellation)
        } catch {
            guard error.status == .network else { throw error }
            throw MetadataRefusal.silence(source, error)
        }
        run.environment.log.write { "\(origin) answered \(response.status)" }
        return response
    }

    private func checked(
        _ response: HTTPResponse, _ request: HTTPRequest, _ source: ManagedIdentitySource
    ) throws(MSAuthError) -> HTTPResponse {
        guard response.status == 200 else {
            throw MetadataRefusal(response, source, secrets: request.secrets).error
        }
        return response
    }
}
