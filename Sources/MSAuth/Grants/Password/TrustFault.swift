/// Why a federation server refused: SOAP 1.2's fault. AD FS sends one with status 500 also for a wrong password.
struct TrustFault {
    /// Without their prefixes: "Sender" or "Receiver", and such as "FailedAuthentication".
    private let code: String
    private let subcode: String
    private let reason: String

    init(_ fault: XMLElement) {
        func local(_ element: XMLElement?) -> String {
            element?.child(Namespace.soap, "Value")?.trimmedText.split(separator: ":").last.map(String.init) ?? ""
        }
        let code = fault.child(Namespace.soap, "Code")
        self.code = local(code)
        subcode = local(code?.child(Namespace.soap, "Subcode"))
        reason = fault.child(Namespace.soap, "Reason")?.child(Namespace.soap, "Text")?.trimmedText ?? ""
    }

    func error(_ response: HTTPResponse, from server: String, secrets: [Secret]) -> MSAuthError {
        var service = ServiceFailure()
        service.httpStatus = response.status
        service.retryAfter = response.retryAfter
        service.errorCode = ServerText.clean(subcode.isEmpty ? code : subcode, limit: 128)
        let reason = ServerText.clean(ServerText.redact(self.reason, secrets))
        let (status, hint) = meaning
        return MSAuthError(
            status,
            "The federation server \(server) refused"
                + (reason.isEmpty ? " with the fault \"\(service.errorCode ?? "")\"." : ": \(reason)"),
            hint: hint, service: service)
    }

    private var meaning: (Status, String) {
        switch (subcode, code) {
        case ("FailedAuthentication", _):
            (
                .badCredential,
                "Check the user name and the password; the account may be locked, or its password expired."
            )
        case ("InvalidSecurity", _), ("MessageExpired", _), ("ExpiredData", _):
            (.rejected, "The server may take the request for an old one: is this machine's clock right?")
        // Some servers call a wrong password their own failure as well: only what says nothing, or WCF's word, is one.
        case ("", "Receiver"), ("InternalServiceFault", "Receiver"): (.service, AADSTS.tryLater)
        default: (.rejected, "Ask who runs the federation server: its event log says more.")
        }
    }
}
