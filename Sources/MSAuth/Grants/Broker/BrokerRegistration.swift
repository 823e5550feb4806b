/// One consent to an application of a token broker: what its page calls ID, the application, and where the broker is.
package struct BrokerRegistration: Sendable, CustomStringConvertible {
    package let id: String
    package let app: String
    package let url: String
    let address: Address

    static let defaultURL = "https://oproxy.demisto.ninja/obtain-token"

    package init(_ settings: Settings) throws(MSAuthError) {
        let (id, named) = try BrokerRegistration.parts(of: settings.required(.brokerID, .tokenBroker))
        self.id = id
        app = try settings.required(.brokerApp, .tokenBroker)
        url = settings.given(.brokerURL) ?? named ?? BrokerRegistration.defaultURL
        guard let address = Address(url) else {
            throw .invalidArgument("The option \"broker_url\" is \(url.quotedForMessage): it takes an https address.")
        }
        self.address = address
    }

    package var description: String { "\(id)@\(url)" }

    /// Where a person gets ID, Token and Key.
    var consentPage: String {
        url == BrokerRegistration.defaultURL ? "at \(address.origin)/\(app)" : "on the broker's page"
    }

    /// XSOAR's way to name another broker: `ID@ADDRESS`.
    static func parts(of text: String) throws(MSAuthError) -> (id: String, url: String?) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }), parts.count == 1 || Address(parts[1]) != nil else {
            throw .invalidArgument(
                "The option \"broker_id\" is \(text.quotedForMessage): it takes ID or ID@ADDRESS, with an https address."
            )
        }
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }
}
