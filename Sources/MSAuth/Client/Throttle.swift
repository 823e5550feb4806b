/// What the service refused lately, so that acquire does not ask in vain: the rules of Microsoft's own libraries.
///
/// - Told to slow down (429, AADSTS50196), or when to come back (Retry-After on any refusal), nobody asks for the same
///   token until then: `throttled`, with what is left of the time as `retry_after`.
/// - A refusal that only the user can change is answered from memory for a minute to the very same request.
///
/// Only `acquire` is held back: connect and resume are what a person does about it. A client has one, in memory: other
/// processes find out for themselves.
package final class Throttle: Sendable {
    private struct Refusal {
        let error: MSAuthError
        /// By the clock that counts suspended time.
        let until: Double
    }

    private let refusals = Lock<[[UInt8]: Refusal]>([:])
    static let limit = 1024
    /// The time of a 429 that names none, and of a refusal that only the user can change.
    private static let usualSeconds = 60
    private static let mostSeconds = 3600

    init() {}

    /// Throws what the service would say.
    func check(_ request: TokenRequest, _ environment: Environment) throws(MSAuthError) {
        guard refusals.withLock({ !$0.isEmpty }) else { return }
        let keys = [try Throttle.purpose(request, environment.crypto), try Throttle.whole(request, environment.crypto)]
        let now = environment.clock.boot
        let found = refusals.withLock { refusals in
            keys.compactMap { refusals[$0] }.first { $0.until > now }
        }
        guard let found else { return }
        throw found.error.remembered(seconds: Int((found.until - now).rounded(.up)))
    }

    func remember(_ error: MSAuthError, _ request: TokenRequest, _ environment: Environment) throws(MSAuthError) {
        let key: [UInt8]
        let seconds: Int
        if let wait = error.secondsToWait(usual: Throttle.usualSeconds) {
            (key, seconds) = (try Throttle.purpose(request, environment.crypto), min(wait, Throttle.mostSeconds))
        } else if error.isForTheUser, request.isRepeatable {
            (key, seconds) = (try Throttle.whole(request, environment.crypto), Throttle.usualSeconds)
        } else {
            return
        }
        let now = environment.clock.boot
        let refusal = Refusal(error: error, until: now + Double(seconds))
        refusals.withLock { refusals in
            refusals = refusals.filter { $0.value.until > now }
            if refusals.count >= Throttle.limit, let soonest = refusals.min(by: { $0.value.until < $1.value.until }) {
                refusals[soonest.key] = nil
            }
            refusals[key] = refusal
        }
    }

    /// It works again: somebody who may always ask has found out.
    func forget(_ request: TokenRequest, _ environment: Environment) throws(MSAuthError) {
        guard refusals.withLock({ !$0.isEmpty }) else { return }
        let keys = [try Throttle.purpose(request, environment.crypto), try Throttle.whole(request, environment.crypto)]
        refusals.withLock { refusals in
            for key in keys { refusals[key] = nil }
        }
    }

    /// Who asks for what, where: without what proves the application, which may be another each time.
    private static func purpose(_ request: TokenRequest, _ crypto: any Crypto) throws(MSAuthError) -> [UInt8] {
        // What stands for the account: no two have the same.
        let names: Set<String> = [
            "client_id", "grant_type", "scope", "refresh_token", "username", "assertion", "code", "device_code",
        ]
        var form = FormBody()
        form.add("", request.endpoint)
        for field in request.form.fields where names.contains(field.name) { form.add(field) }
        return try crypto.sha256(form.encoded())
    }

    /// The very same request.
    private static func whole(_ request: TokenRequest, _ crypto: any Crypto) throws(MSAuthError) -> [UInt8] {
        var form = FormBody()
        form.add("", request.endpoint)
        form.add("whole", "")
        for field in request.form.fields { form.add(field) }
        return try crypto.sha256(form.encoded())
    }
}

extension TokenRequest {
    /// A device code's answers change by themselves.
    fileprivate var isRepeatable: Bool { !form.fields.contains { $0.name == "device_code" } }
}

extension MSAuthError {
    /// How long nobody should ask; nil where the service does not mind.
    fileprivate func secondsToWait(usual: Int) -> Int? {
        guard let service, service.httpStatus != nil else { return nil }
        return service.retryAfter ?? (status == .throttled ? usual : nil)
    }

    /// RFC 6749's `invalid_grant` and its kin, which the service answers until the user has done something.
    fileprivate var isForTheUser: Bool {
        guard let service, service.httpStatus == 400 else { return false }
        let words = ["invalid_grant", "interaction_required", "login_required", "consent_required"]
        return service.errorCode.map(words.contains) ?? false
    }

    /// The same once more, without a request.
    fileprivate func remembered(seconds: Int) -> MSAuthError {
        guard secondsToWait(usual: 0) != nil else {
            var error = self
            error.hint = [hint, "The service was not asked again: it refused the same less than a minute ago."]
                .compactMap(\.self).joined(separator: " ")
            return error
        }
        var service = self.service
        service?.retryAfter = seconds
        return MSAuthError(
            .throttled, "The service has asked to be left alone for another \(seconds) seconds. It said: \(message)",
            hint: "Wait so long; connect asks at once.", service: service)
    }
}
