/// A sign-in that was begun and waits for its user: everything that another process needs to finish it.
///
/// It stands beside the connection as it is: tokens that still work go on working until it succeeds.
package struct PendingSignIn: Sendable {
    /// What the user was given, and what must come back.
    package enum Way: Sendable {
        case deviceCode(PendingDeviceCode)
        case authorization(AuthorizationRequest)
        case adminConsent(AdminConsentRequest)
    }

    package var settings: [OptionName: String]
    /// The secrets that the connection will keep.
    package var credentials: [OptionName: Secret]
    package var way: Way
    package var expiresOn: Int
    package var claims: String?
    /// The person who signed in before, when nobody else may.
    package var expectedAccount: String?

    package init(
        settings: [OptionName: String], credentials: [OptionName: Secret] = [:], way: Way, expiresOn: Int,
        claims: String?, expectedAccount: String?
    ) {
        self.settings = settings
        self.credentials = credentials
        self.way = way
        self.expiresOn = expiresOn
        self.claims = claims
        self.expectedAccount = expectedAccount
    }

    var deviceCode: PendingDeviceCode? { if case .deviceCode(let code) = way { code } else { nil } }
    var adminConsent: AdminConsentRequest? { if case .adminConsent(let request) = way { request } else { nil } }
    var authorization: AuthorizationRequest? { if case .authorization(let request) = way { request } else { nil } }

    /// Who holds the lock now finds another one, or none.
    static let endedMeanwhile = MSAuthError(
        .notFound, "The pending sign-in was ended or replaced meanwhile.", hint: "Begin another one with connect.")
}

/// A code that somebody may enter on any device, RFC 8628 section 3.2.
package struct PendingDeviceCode: Sendable {
    package var deviceCode: Secret
    package var userCode: String
    package var verificationURI: String
    package var message: String
    package var interval: Int
    /// When the service was last asked, nil: never. Every process that polls keeps to it.
    package var polledOn: Int?

    package init(
        deviceCode: Secret, userCode: String, verificationURI: String, message: String, interval: Int, polledOn: Int?
    ) {
        self.deviceCode = deviceCode
        self.userCode = userCode
        self.verificationURI = verificationURI
        self.message = message
        self.interval = interval
        self.polledOn = polledOn
    }

    package init(_ authorization: DeviceAuthorization) {
        self.init(
            deviceCode: authorization.deviceCode, userCode: authorization.userCode,
            verificationURI: authorization.verificationURI, message: authorization.message,
            interval: authorization.interval, polledOn: nil)
    }
}
