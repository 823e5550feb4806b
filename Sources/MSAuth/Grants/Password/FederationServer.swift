/// Asks the federation server of a user's domain, such as AD FS, for a token that says who the user is.
///
/// It and its metadata may be on any host: Entra names them over https.
struct FederationServer {
    private let federation: UserRealm.Federation
    private let run: Run

    init(_ federation: UserRealm.Federation, _ run: Run) {
        self.federation = federation
        self.run = run
    }

    func assertion(_ username: String, _ password: Secret) throws(MSAuthError) -> SAMLAssertion {
        let endpoint = try endpoint()
        let envelope = SecurityTokenRequest(
            endpoint: endpoint, audience: federation.audience, username: username, password: password,
            now: run.environment.clock.wall
        ).envelope(messageID: UUID4.make())
        let request = HTTPRequest(
            url: endpoint.address, body: envelope, contentType: "application/soap+xml; charset=utf-8",
            accept: "application/soap+xml", secrets: [envelope, password],
            headers: [("SOAPAction", endpoint.version.action)])
        // Once, whatever the answer: each try with a wrong password brings the account nearer to its lock.
        let response = try run.send(request, showing: request.url)
        return try assertion(in: response, from: request.origin, secrets: [password])
    }

    private func assertion(
        in response: HTTPResponse, from server: String, secrets: [Secret]
    ) throws(MSAuthError) -> SAMLAssertion {
        let answer: SecurityTokenResponse
        do { answer = try SecurityTokenResponse(response.body, run.environment.xml) } catch {
            if response.status == 200 || error.status != .untrusted { throw error }
            throw unexplained(response, from: server)
        }
        if let fault = answer.fault { throw fault.error(response, from: server, secrets: secrets) }
        guard response.status == 200 else { throw unexplained(response, from: server) }
        return try answer.assertion()
    }

    private func endpoint() throws(MSAuthError) -> TrustEndpoint {
        guard let metadata = federation.metadata else {
            guard let endpoint = federation.endpoint.flatMap({ TrustEndpoint($0) }) else {
                throw noEndpoint("names no federation server that takes passwords")
            }
            return endpoint
        }
        guard Address(metadata) != nil else {
            throw noEndpoint("names a federation server that is not at an https address")
        }
        let request = HTTPRequest(get: metadata, accept: "application/soap+xml, application/xml, text/xml")
        let response = try run.sendTwice(request, showing: metadata)
        guard response.status == 200 else { throw unexplained(response, from: request.origin) }
        let document = try run.environment.xml.read(response.body, sealing: SecurityTokenResponse.sealed)
        guard let endpoint = FederationMetadata(document).endpoint else {
            throw noEndpoint("has a federation server, \(request.origin), that takes no passwords over https")
        }
        return endpoint
    }

    private func noEndpoint(_ what: String) -> MSAuthError {
        MSAuthError(
            .configuration, "The user's domain \(what).",
            hint:
                "Sign in with another grant, such as device_code; on AD FS the endpoint is adfs/services/trust/13/usernamemixed."
        )
    }

    /// No fault that can be read: a proxy, a load balancer, or a server in need.
    private func unexplained(_ response: HTTPResponse, from server: String) -> MSAuthError {
        var error = ServiceError(response, secrets: []).error
        error.message =
            "The federation server \(server) answered with HTTP \(response.status), and nothing that explains it."
        return error
    }
}
