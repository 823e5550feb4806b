/// What the browser brought back from the administrator, checked against what was asked.
enum AdminConsentResponse {
    /// In this tenant, by its GUID.
    case granted(tenant: String)
    /// The administrator's refusal, or the service's.
    case refused(MSAuthError)

    /// Throws `untrusted` for what is no answer to this request: that request still waits then.
    init(handedIn redirect: Secret, to request: AdminConsentRequest) throws(MSAuthError) {
        guard case .parameters(let parameters) = try HandedInRedirect(redirect, to: request.redirectURI) else {
            throw MSAuthError(
                .untrusted, "The redirect cannot be read.",
                hint: "Hand in the whole address that the browser came back to, without a change.")
        }
        try parameters.check(state: request.state, issuer: request.issuer) {
            Authority.isIssuer($0, of: request.issuer)
        }
        // First of all: a refusal may say admin_consent=True as well.
        if parameters["error"] != nil {
            self = .refused(ServiceError(parameters).error)
            return
        }
        guard parameters.text("admin_consent")?.lowercased() == "true", let tenant = parameters.text("tenant"),
            GUID.isGUID(tenant)
        else {
            throw MSAuthError(
                .untrusted, "The redirect does not say that an administrator has consented, and in which tenant.")
        }
        let asked = try Authority(request.issuer).tenant
        guard !GUID.isGUID(asked) || asked.lowercased() == tenant.lowercased() else {
            throw MSAuthError(
                .untrusted, "The administrator consented in the tenant \(tenant), not in \(asked).",
                hint: "Open the address as an administrator of \(asked), or begin again with that \"tenant\".")
        }
        self = .granted(tenant: tenant.lowercased())
    }
}

/// The text of a GUID, RFC 9562 section 4, without braces.
enum GUID {
    static func isGUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    }
}
