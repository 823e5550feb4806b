/// What a sign-in page sends the browser back with, RFC 6749 section 4.1.2.
struct AuthorizationCode {
    let value: Secret
    /// Entra's addition: who signed in. It came by the browser, so it is only a hint to the token endpoint.
    var clientInfo: ClientInfo?
}
