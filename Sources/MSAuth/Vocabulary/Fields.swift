/// A field that a getter answers to by name.
package struct Field: Sendable {
    package enum Kind: String, Sendable { case text, number, time, flag, list, url, secret, json }

    package let name: String
    package let kind: Kind
    package let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}

/// The fields of what the library hands out. Each object answers exactly to these.
package enum Fields {
    package static let token = [
        Field("access_token", .secret, "the token itself"),
        Field("token_type", .text, "how to present it: Bearer"),
        Field("expires_on", .time, "when it expires"),
        Field("refresh_on", .time, "when it will be renewed, if the service gave a hint"),
        Field("acquired_on", .time, "when it was issued"),
        Field("scopes", .list, "what it is for, as the service granted it"),
        Field("tenant", .text, "the tenant that issued it, as a GUID where the service said so"),
        Field("authority", .url, "where it was issued; absent for a managed identity, whose platform does not say"),
        Field(
            "client_id", .text,
            "the application it was issued to; absent for a managed identity that was not named by it"),
        Field("username", .text, "who signed in"),
        Field("home_account_id", .text, "who signed in, as an ID that never changes"),
        Field("id_token", .secret, "the OpenID Connect ID token, where a user signed in"),
        Field("connection", .text, "the connection's name; absent for a connection without a name"),
        Field("source", .text, "where it came from: held, refreshed or signed_in"),
        Field("warning", .text, "a sentence, when the store refused the token: only this client holds it"),
    ]

    package static let error = [
        Field("status", .text, "the status's name"),
        Field("message", .text, "what went wrong, in one sentence"),
        Field("hint", .text, "what to do next"),
        Field("error_code", .text, "the service's error, RFC 6749 section 5.2"),
        Field("suberror", .text, "the service's finer reason"),
        Field("aadsts", .number, "the number of the AADSTS error"),
        Field("claims", .json, "the claims that a new sign-in must satisfy: pass them on as the option claims"),
        Field("correlation_id", .text, "what to tell the administrator: finds the request in the sign-in log"),
        Field("trace_id", .text, "what to tell Microsoft's support"),
        Field("retry_after", .number, "how many seconds to wait before another try"),
        Field("http_status", .number, "the HTTP status of the answer"),
    ]

    package static let prompt = [
        Field("message", .text, "what to tell the user, in one or two sentences"),
        Field("user_code", .text, "the code that the user enters"),
        Field("verification_uri", .url, "the page where it is entered"),
        Field("authorization_url", .url, "the page where the user signs in, for their browser"),
        Field("state", .text, "what the redirect will bring back: a web application finds the sign-in by it"),
        Field("expires_on", .time, "when the sign-in ends, unless it is finished"),
        Field("interval", .number, "how many seconds lie between two polls"),
    ]

    package static let connection = [
        Field("name", .text, "its name"),
        Field("grant", .text, "how it signs in"),
        Field("client_id", .text, "the application"),
        Field("tenant", .text, "the tenant"),
        Field("authority", .url, "where it signs in"),
        Field("scopes", .list, "what it signed in for"),
        Field("username", .text, "who signed in"),
        Field("home_account_id", .text, "who signed in, as an ID that never changes"),
        Field("expires_on", .time, "when its longest-lived access token expires"),
        Field("renewable", .flag, "whether a new token can be had without the user"),
        Field("pending", .flag, "whether a sign-in waits to be resumed"),
        Field("store", .text, "where it is kept"),
        Field("problem", .text, "a sentence, when its record cannot be read"),
    ]
}
