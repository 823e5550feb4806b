/// A sign-in that was begun and waits for its user: everything that another process needs to finish it.
///
/// It stands beside the connection as it is: tokens that still work go on working until it succeeds.
package struct PendingSignIn: Sendable {
    package var settings: [OptionName: String]
    package var deviceCode: Secret
    package var userCode: String
    package var verificationURI: String
    package var message: String
    package var interval: Int
    /// When the service was last asked, or the sign-in begun: every process that polls keeps to it.
    package var polledOn: Int
    package var expiresOn: Int
    package var claims: String?
    /// The person who signed in before, when nobody else may.
    package var expectedAccount: String?

    package init(
        _ authorization: DeviceAuthorization, settings: [OptionName: String], begun: Int, claims: String?,
        expectedAccount: String?
    ) {
        self.settings = settings
        self.claims = claims
        self.expectedAccount = expectedAccount
        deviceCode = authorization.deviceCode
        userCode = authorization.userCode
        verificationURI = authorization.verificationURI
        message = authorization.message
        interval = authorization.interval
        polledOn = begun
        expiresOn = begun + authorization.expiresIn
    }

    package init(
        settings: [OptionName: String], deviceCode: Secret, userCode: String, verificationURI: String, message: String,
        interval: Int, polledOn: Int, expiresOn: Int, claims: String?, expectedAccount: String?
    ) {
        self.settings = settings
        self.deviceCode = deviceCode
        self.userCode = userCode
        self.verificationURI = verificationURI
        self.message = message
        self.interval = interval
        self.polledOn = polledOn
        self.expiresOn = expiresOn
        self.claims = claims
        self.expectedAccount = expectedAccount
    }
}
