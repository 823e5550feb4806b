/// The two versions of WS-Trust that federation servers speak.
enum TrustVersion: CaseIterable, Sendable {
    /// OASIS, 2007. The one to prefer.
    case v13
    /// The draft of February 2005.
    case v2005

    var namespace: String {
        switch self {
        case .v13: "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
        case .v2005: "http://schemas.xmlsoap.org/ws/2005/02/trust"
        }
    }

    var requestType: String { namespace + "/Issue" }

    /// SOAPAction and wsa:Action.
    var action: String { namespace + "/RST/Issue" }

    /// A token that whoever holds it may use.
    var keyType: String {
        switch self {
        case .v13: namespace + "/Bearer"
        case .v2005: "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey"
        }
    }
}

/// Where a federation server takes a user name and a password.
struct TrustEndpoint: Sendable {
    let address: String
    let version: TrustVersion

    /// Nil where the address is not https: a password goes there.
    init?(_ address: String, _ version: TrustVersion) {
        guard Address(address) != nil else { return nil }
        self.address = address
        self.version = version
    }

    /// By AD FS's own paths, where no metadata says which version is spoken.
    init?(_ address: String) {
        let path = address.lowercased()
        if path.contains("/trust/13/usernamemixed") {
            self.init(address, .v13)
        } else if path.contains("/trust/2005/usernamemixed") {
            self.init(address, .v2005)
        } else {
            return nil
        }
    }
}
