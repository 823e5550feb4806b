/// Who checks the password of a user: Entra itself, or a federation server of the user's domain.
struct UserRealm: Sendable {
    enum Account: Sendable {
        case managed
        case federated(Federation)
        /// A Microsoft account of a person.
        case personal
        /// No domain that Entra knows, or a kind of account that we do not.
        case unknown
    }

    /// Where the federation server is, as Entra knows it.
    struct Federation: Sendable {
        /// Its WS-MetadataExchange document, which names the endpoints.
        var metadata: String?
        /// The endpoint itself, where there is no such document.
        var endpoint: String?
        /// Whom its tokens are for.
        var audience: String
    }

    let account: Account

    /// The address that is asked, with the user's name as one part of its path.
    static func address(of username: String, _ authority: Authority) -> String {
        var name = ""
        for byte in username.utf8 {
            if byte.isASCIILetterOrDigit || "-._~@".utf8.contains(byte) {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                name += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return "\(authority.base)/common/userrealm/\(name)?api-version=1.0"
    }

    init(_ response: HTTPResponse) throws(MSAuthError) {
        // A host that knows no realms has no federated users.
        if response.status == 404 {
            account = .managed
            return
        }
        guard response.status == 200 else { throw ServiceError(response, secrets: []).error }
        guard let json = JSON(response.body), json.object != nil else { throw Unreadable.notJSON(response) }
        if json["domain_name"]?.string?.lowercased() == "live.com" {
            account = .personal
            return
        }
        switch json["account_type"]?.string?.lowercased() {
        case "managed": account = .managed
        case "federated":
            account = .federated(
                Federation(
                    metadata: json["federation_metadata_url"]?.string,
                    endpoint: json["federation_active_auth_url"]?.string,
                    audience: json["cloud_audience_urn"]?.string ?? "urn:federation:MicrosoftOnline"))
        default: account = .unknown
        }
    }
}
