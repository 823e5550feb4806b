/// A user's sign-in by name and password, RFC 6749 section 4.3.
///
/// Entra is asked first who checks the password, as Microsoft's own libraries ask it: the password of a federated user
/// goes to the federation server of the user's domain, and to nobody else.
struct PasswordSignIn {
    private let signIn: SignIn
    private let run: Run

    init(_ signIn: SignIn) {
        self.signIn = signIn
        run = signIn.run
    }

    func redeem() throws(MSAuthError) -> TokenResponse {
        let username = try signIn.settings.required(.username, .password)
        let password = try signIn.settings.requiredSecret(.password, .password)
        guard signIn.identity.authority.knowsUserRealms else { return try redeemAtServer(username, password) }
        switch try realm(of: username).account {
        case .managed:
            return try signIn.send(
                .password(signIn.identity, username, password, signIn.scopes, claims: signIn.claims))
        case .federated(let federation):
            let assertion = try FederationServer(federation, run).assertion(username, password)
            return try signIn.send(.saml(signIn.identity, assertion, signIn.scopes, claims: signIn.claims))
        case .personal:
            throw MSAuthError(
                .account,
                "\(username.quotedForMessage) is a personal Microsoft account: those cannot sign in by password.",
                hint: PasswordSignIn.another)
        case .unknown:
            throw MSAuthError(
                .account, "No organisation has the domain of \(username.quotedForMessage); the password was not sent.",
                hint: "Check the user name and the cloud. " + PasswordSignIn.another)
        }
    }

    private static let another = "Another grant, such as device_code, may take the account."

    private func realm(of username: String) throws(MSAuthError) -> UserRealm {
        let authority = signIn.identity.authority
        let request = HTTPRequest(
            get: UserRealm.address(of: username, authority), accept: "application/json",
            headers: [("client-request-id", run.correlationID), ("return-client-request-id", "true")])
        return try UserRealm(run.sendTwice(request, showing: "\(authority.base)/common/userrealm"))
    }

    /// An authorization server such as AD FS, which has no numbers for what it refuses.
    private func redeemAtServer(_ username: String, _ password: Secret) throws(MSAuthError) -> TokenResponse {
        do {
            return try signIn.send(
                .password(signIn.identity, username, password, signIn.scopes, claims: signIn.claims))
        } catch let error where error.service?.errorCode == "invalid_grant" && error.service?.aadsts == nil {
            throw MSAuthError(
                .badCredential, error.message, hint: "Check the user name and the password.", service: error.service)
        }
    }
}

extension TokenRequest {
    /// RFC 6749 section 4.3.2.
    static func password(
        _ identity: ClientIdentity, _ username: String, _ password: Secret, _ scopes: Scopes, claims: String?
    ) -> TokenRequest {
        var request = TokenRequest(identity, grantType: "password")
        request.form.add("username", username)
        request.form.add("password", password)
        request.addUser(scopes, claims)
        return request
    }

    /// RFC 7522 section 2.1: base64url, and no padding.
    static func saml(
        _ identity: ClientIdentity, _ assertion: SAMLAssertion, _ scopes: Scopes, claims: String?
    ) -> TokenRequest {
        var request = TokenRequest(identity, grantType: assertion.version.grantType)
        request.form.add("assertion", Base64.encode(assertion.bytes, .url))
        request.addUser(scopes, claims)
        return request
    }

    private mutating func addUser(_ scopes: Scopes, _ claims: String?) {
        form.add("scope", scopes.withReserved)
        form.add("client_info", "1")
        form.add("claims", ifAny: claims)
    }
}
