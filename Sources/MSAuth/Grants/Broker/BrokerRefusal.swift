/// A token broker's refusal. It has no fixed shape: `message`, `title` and `detail`, a text, a page, or Entra's own
/// error anywhere in these. Entra's counts as Entra's; for the rest there is only the HTTP status.
struct BrokerRefusal {
    private let response: HTTPResponse
    private let registration: BrokerRegistration
    private let secrets: [Secret]

    init(_ response: HTTPResponse, _ registration: BrokerRegistration, secrets: [Secret]) {
        self.response = response
        self.registration = registration
        self.secrets = secrets
    }

    static let unreadable = MSAuthError(
        .untrusted, "The token broker's answer is not JSON.",
        hint: "Something else may have answered: a proxy, a captive portal, or what \"broker_url\" names.")

    /// What the broker was sent is wrong, and will be wrong the next time: not that it is busy or broken.
    static func isFinal(_ error: MSAuthError) -> Bool {
        error.service?.httpStatus != nil && (error.status == .rejected || error.status == .badCredential)
    }

    var error: MSAuthError {
        let json = JSON(response.body)
        let text = response.body.text()
        for place in [text, json?["message"]?.string, json?["detail"]?.string].compactMap({ $0 }) {
            if let body = BrokerRefusal.entraError(in: place) { return entra(body) }
        }
        var failure = ServiceFailure()
        failure.httpStatus = response.status
        failure.retryAfter = response.retryAfter
        let (status, hint) = meaning
        return MSAuthError(status, sentence(json, text), hint: hint, service: failure)
    }

    /// Entra's refusal of what the broker asked for: of the application and the consent, not of anything set here.
    private func entra(_ body: Secret) -> MSAuthError {
        var error = ServiceError(
            HTTPResponse(status: response.status, headers: response.headers, body: body), secrets: secrets
        ).error
        switch error.status {
        case .interactionRequired, .badCredential, .configuration, .rejected: error.hint = consentAgain
        default: break
        }
        return error
    }

    /// From the first brace to the last, as the broker's own program looks for it.
    private static func entraError(in text: String) -> Secret? {
        guard let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}"), start < end else { return nil }
        let body = Secret(String(text[start...end]))
        guard let json = JSON(body), json["error"]?.string != nil,
            json["error_description"]?.string != nil || json["error_codes"]?.array != nil
        else { return nil }
        return body
    }

    private func sentence(_ json: JSON?, _ text: String) -> String {
        let status = response.status
        if (300...399).contains(status) {
            return "The token broker answered with a redirect (HTTP \(status)), which is not followed."
        }
        guard let reason = reason(json, text) else {
            return "The token broker answered with HTTP \(status) and no reason that can be read."
        }
        return "The token broker refused (HTTP \(status)): \(reason)\(".!?".contains(reason.last ?? ".") ? "" : ".")"
    }

    private func reason(_ json: JSON?, _ text: String) -> String? {
        let said: String?
        if let json {
            let titled = [json["title"]?.string, json["detail"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
            said =
                json["message"]?.string ?? (titled.isEmpty ? nil : titled.joined(separator: ": "))
                ?? json["error"]?["message"]?.string ?? json["error"]?.string ?? json.string
        } else {
            // A page is for browsers.
            said = text.contains("<") ? nil : text
        }
        let reason = said.map { ServerText.clean(ServerText.redact($0, secrets), limit: 512) }
        return reason?.isEmpty == true ? nil : reason
    }

    private var meaning: (status: Status, hint: String) {
        switch response.status {
        case 429:
            let pause = response.retryAfter.map { "\($0) seconds" } ?? "a minute"
            return (.throttled, "Wait \(pause) before another try, and ask less often.")
        case 408, 500...599: return (.service, "The token broker is failing for now: try again in a minute.")
        case 404: return (.configuration, "There is no such token broker: check \"broker_url\" and \"broker_app\".")
        case 401, 403: return (.badCredential, consentAgain)
        case 400...499: return (.rejected, consentAgain)
        default: return (.untrusted, "Check \"broker_url\".")
        }
    }

    private var consentAgain: String {
        "Check ID, Token and Key, or consent again \(registration.consentPage) and connect with the new ones."
    }
}
