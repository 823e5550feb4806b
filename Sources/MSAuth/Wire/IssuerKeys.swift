/// Checks the signatures of ID tokens by their issuers' keys, which a client fetches once a day.
///
/// An issuer changes its keys when it likes: a key that is not among those we hold makes us look again, but not more
/// than once in five minutes, or anybody's made-up token would cost a request.
package final class IssuerKeys: Sendable {
    private struct Held {
        let keys: JSONWebKeys
        /// By the clock that counts suspended time.
        let fetchedAt: Double
        var lookedAgainAt: Double?
    }

    private let held = Lock<[Authority: Held]>([:])
    private static let limit = 64
    private static let lifetime = 86400.0
    private static let pause = 300.0

    init() {}

    /// Before anything is sent that works once: without the keys its answer could not be checked.
    func prepare(_ authority: Authority, _ run: Run) throws(MSAuthError) {
        if fresh(authority, run) == nil { _ = try renew(authority, run) }
    }

    func check(_ token: IDToken, _ authority: Authority, _ run: Run) throws(MSAuthError) {
        let signed = try JSONWebSignature(token.text)
        guard let found = try key(signed.keyID, authority, run) else {
            throw JSONWebSignature.wrong("is made by a key that \(authority.base) does not have")
        }
        guard found.algorithm == nil || found.algorithm == signed.algorithm.rawValue, found.signs(token) else {
            throw JSONWebSignature.wrong("is made by a key that is for something else")
        }
        let isGood = try run.environment.crypto.verify(
            signed.signature, of: signed.message, by: found.key, signed.algorithm)
        guard isGood else { throw JSONWebSignature.wrong("is wrong") }
    }

    private func key(_ keyID: String, _ authority: Authority, _ run: Run) throws(MSAuthError) -> JSONWebKeys.Key? {
        if let known = fresh(authority, run) {
            if let key = known.keys[keyID] { return key }
            let now = run.environment.clock.boot
            if let lookedAgainAt = known.lookedAgainAt, now - lookedAgainAt < IssuerKeys.pause { return nil }
            held.withLock { $0[authority]?.lookedAgainAt = now }
        }
        return try renew(authority, run)[keyID]
    }

    private func fresh(_ authority: Authority, _ run: Run) -> Held? {
        let now = run.environment.clock.boot
        return held.withLock { $0[authority] }.flatMap { now - $0.fetchedAt < IssuerKeys.lifetime ? $0 : nil }
    }

    private func renew(_ authority: Authority, _ run: Run) throws(MSAuthError) -> JSONWebKeys {
        let now = run.environment.clock.boot
        let keys = try fetch(authority, run)
        held.withLock { held in
            let before = held[authority]?.lookedAgainAt
            if held[authority] == nil, held.count >= IssuerKeys.limit { held.removeAll() }
            held[authority] = Held(keys: keys, fetchedAt: now, lookedAgainAt: before)
        }
        return keys
    }

    /// OpenID Connect Discovery 1.0 section 4: the authority says where its keys are, and that must be with itself.
    private func fetch(_ authority: Authority, _ run: Run) throws(MSAuthError) -> JSONWebKeys {
        let configuration = JSON(try get(authority.configurationEndpoint, run))
        guard let text = configuration?["jwks_uri"]?.string, let address = Address(text),
            address.origin == authority.base
                || address.origin == "https://\(address.host)" && Authority.isIssuer(address, of: authority.base)
        else {
            throw MSAuthError(
                .untrusted, "\(authority.base) names no place of its own for the keys that it signs with.",
                hint: "Check the authority; \"validate_id_token\" = \"claims\" does without the keys.")
        }
        guard let keys = JSONWebKeys(try get(text, run)) else {
            throw MSAuthError(.untrusted, "The keys that \(authority.base) signs with cannot be read.")
        }
        return keys
    }

    private func get(_ url: String, _ run: Run) throws(MSAuthError) -> Secret {
        let response = try run.get(url, headers: [("client-request-id", run.correlationID)])
        guard response.status == 200 else { throw ServiceError(response, secrets: []).error }
        return response.body
    }
}

extension JSONWebKeys.Key {
    /// A key of another issuer in the same list proves nothing: `{tenantid}` in its issuer is the token's tenant.
    fileprivate func signs(_ token: IDToken) -> Bool {
        guard let issuer else { return true }
        let text = issuer.replacing("{tenantid}", with: token.claim("tid") ?? "")
        guard let mine = Address(text), let its = token.claim("iss").flatMap({ Address($0) }) else { return false }
        return mine.path.lowercased() == its.path.lowercased()
            && (mine.origin == its.origin || Cloud.areOne(mine.host, its.host))
    }
}
