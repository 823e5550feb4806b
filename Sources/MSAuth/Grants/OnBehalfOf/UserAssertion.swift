/// The access token that a caller presented to a service, for which the service gets another one of the same user.
struct UserAssertion {
    let token: Secret

    /// Nil for a grant that acts for nobody; one that is given there is a mistake that must not pass: the program
    /// would take the application's own token for the user's.
    init?(_ settings: Settings, _ grant: Grant) throws(MSAuthError) {
        let token = settings.secret(.userAssertion)
        guard grant == .onBehalfOf else {
            guard token == nil else {
                throw .invalidArgument(
                    "The option \"user_assertion\" is for the grant on_behalf_of, and this is \(grant.rawValue).")
            }
            return nil
        }
        guard let token else {
            throw MSAuthError(
                .assertionRequired, Settings.missing(.userAssertion, grant).message,
                hint: "Call again with the token that the caller of your service presented.")
        }
        guard !token.contains(UInt8(ascii: " ")) else {
            throw .invalidArgument(
                "The option \"user_assertion\" holds a space: it takes the token alone, without \"Bearer\" before it.")
        }
        self.token = token
    }

    /// What tells its user's tokens from everybody else's.
    func hash(_ crypto: any Crypto) throws(MSAuthError) -> [UInt8] { try crypto.sha256(token) }

    /// Five minutes are what Entra and the services behind it forgive a clock.
    private static let clockSkew = 300

    /// Refuses what the service would refuse, without asking it. What cannot be read is the service's to judge.
    func checkTime(now: Int) throws(MSAuthError) {
        guard let expiry = JSONWebToken(token)?.time("exp"), expiry + UserAssertion.clockSkew <= now else { return }
        throw MSAuthError(
            .assertionRequired, "The user assertion expired \(now - expiry) seconds ago.",
            hint: UserAssertion.askAgain)
    }

    static let askAgain = "Ask the caller for a new token, and call again with it."

    /// The service's own words, where they are about this token: a signature or a form that does not hold (AADSTS50013,
    /// 50027). For an application that proves itself by an assertion they could be about that, which has codes of its
    /// own by now.
    static func refused(_ error: MSAuthError) -> MSAuthError {
        guard let number = error.service?.aadsts, [50013, 50027].contains(number) else { return error }
        return MSAuthError(.assertionRequired, error.message, hint: askAgain, service: error.service)
    }
}

extension SignIn {
    /// Another token for the user who called.
    func redeem(_ assertion: UserAssertion) throws(MSAuthError) -> TokenResponse {
        do {
            return try send(.onBehalfOf(identity, assertion.token, scopes, claims: claims))
        } catch {
            throw UserAssertion.refused(error)
        }
    }
}
