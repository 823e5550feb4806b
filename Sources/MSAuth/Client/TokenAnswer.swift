/// A token as a caller gets it: what is kept, and whose it is.
package struct TokenAnswer: Sendable {
    package enum Source: String, Sendable {
        case held, refreshed
        case signedIn = "signed_in"
    }

    package var token: Token
    package var key: TokenKey
    package var account: Account?
    package var idToken: Secret?
    package var connection: ConnectionName?
    package var source: Source
    /// Why only this client holds it, when the store refused it.
    package var warning: String?

    /// The fields of `Fields.token`, in their order.
    package var fields: [(field: Field, value: Secret)] {
        Fields.token.compactMap { field in value(field.name).map { (field, $0) } }
    }

    /// Issued where the connection signed in: elsewhere its ID token says nothing.
    private var isOwn: Bool { account?.authority == nil || account?.authority == key.authority }

    package func value(_ name: String) -> Secret? {
        switch name {
        case "access_token": token.accessToken
        case "token_type": Secret(token.tokenType)
        case "expires_on": Secret(String(token.expiresOn))
        case "refresh_on": token.refreshOn.map { Secret(String($0)) }
        case "acquired_on": Secret(String(token.acquiredOn))
        case "scopes": Secret(token.grantedScopes ?? key.scopes)
        case "tenant":
            ((isOwn ? account?.tenant : nil) ?? key.authority.split(separator: "/").last.map(String.init)).map {
                Secret($0)
            }
        case "authority": Secret(key.authority)
        case "client_id": Secret(key.clientID)
        case "username": account?.username.map { Secret($0) }
        case "home_account_id": account.map { Secret($0.homeAccountID) }
        case "id_token": isOwn ? idToken : nil
        case "connection": connection.map { Secret($0.text) }
        case "source": Secret(source.rawValue)
        case "warning": warning.map { Secret($0) }
        default: nil
        }
    }
}

extension TokenAnswer {
    /// All fields as one object; it holds the access token.
    package var json: Secret {
        var writer = JSONWriter(capacity: 8192)
        writer.object { object in
            for (field, value) in fields { object.field(field, ifAny: value) }
        }
        return writer.finish()
    }
}
