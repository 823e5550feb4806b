/// Cortex XSOAR's token broker ("oproxy"), which holds the application's secret and hands out its tokens.
///
/// It is not Entra, and not judged by Entra's rules: JSON both ways, what proves the caller is sealed with his Key.
struct TokenBroker {
    private let registration: BrokerRegistration
    private let token: Secret
    private let key: BrokerKey
    /// As the caller said it; the broker's application has its own otherwise.
    private let scope: String?
    private let resource: String?
    private let run: Run

    /// What the broker's own program assumes when the answer does not say.
    private static let lifetime = 3595

    init(_ signIn: SignIn) throws(MSAuthError) {
        let settings = signIn.settings
        registration = try BrokerRegistration(settings)
        token = try settings.requiredSecret(.brokerToken, .tokenBroker)
        key = try BrokerKey(settings.requiredSecret(.brokerKey, .tokenBroker))
        resource = try settings.wanted?.resource(settings)
        scope = resource == nil && settings.wanted != nil ? signIn.scopes.description : nil
        run = signIn.run
        guard signIn.claims == nil else {
            throw .invalidArgument(
                "The grant token_broker takes neither \"claims\" nor \"cae\": a token broker has no way to pass them on."
            )
        }
    }

    /// By the Token, or by the refresh token that came last: the broker gives a new one each time.
    ///
    /// One request: the gate in the record says when there may be another.
    func obtain(by refreshToken: Secret? = nil) throws(MSAuthError) -> TokenResponse {
        let content = refreshToken ?? token
        let sealed = try key.seal(content, at: run.environment.clock.wall, run.environment.crypto)
        var request = HTTPRequest(
            url: registration.url, body: body(sealed), contentType: "application/json", secrets: [content, sealed])
        request.timeout = try run.remaining()
        let what = refreshToken == nil ? "Token" : "refresh token"
        run.environment.log.write { "POST \(registration.url) app_name=\(registration.app) by its \(what)" }
        let response = try run.environment.transport.send(request, run.cancellation)
        run.environment.log.write { "\(registration.url) answered \(response.status)" }
        guard (200...299).contains(response.status) else {
            throw BrokerRefusal(response, registration, secrets: request.secrets).error
        }
        guard let json = JSON(response.body), json.object != nil else { throw BrokerRefusal.unreadable }
        var answer = try TokenResponse(response)
        if json["expires_in"] == nil { answer.expiresIn = TokenBroker.lifetime }
        // Who signed in is for Entra to say: nothing of the kind is taken from anybody else.
        answer.idToken = nil
        answer.clientInfo = nil
        return answer
    }

    private func body(_ sealed: Secret) -> Secret {
        var writer = JSONWriter()
        writer.object { object in
            object.string("app_name", registration.app)
            object.string("registration_id", registration.id)
            object.string("encrypted_token", sealed)
            object.value("scope", scope.map { .string($0) } ?? .null)
            object.string("resource", resource ?? "")
        }
        return writer.finish()
    }
}
