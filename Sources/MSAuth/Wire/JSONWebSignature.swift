/// A signed token in its compact form, RFC 7515 section 3.1: what was signed, how, and by which key.
package struct JSONWebSignature: Sendable {
    package let algorithm: SigningAlgorithm
    package let keyID: String
    /// The header and the payload as they came: what the signature is over.
    package let message: Secret
    package let signature: Secret

    /// Takes RS256 and PS256 alone: `none` is no signature, and a secret that HS256 could be made with is anybody's.
    package init(_ token: Secret) throws(MSAuthError) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let decoded = Base64.decode(parts[0]), let header = JSON(decoded),
            let signature = Base64.decode(parts[2])
        else { throw JSONWebSignature.wrong("cannot be read") }
        guard let name = header["alg"]?.string, let algorithm = SigningAlgorithm(rawValue: name) else {
            let name = header["alg"]?.string.map { ServerText.clean($0, limit: 32) } ?? "none"
            throw JSONWebSignature.wrong("is made by the algorithm \"\(name)\", which is not taken")
        }
        // Section 4.1.11: what is critical must be understood.
        guard header["crit"] == nil else { throw JSONWebSignature.wrong("asks for more than is understood here") }
        guard let keyID = header["kid"]?.string, !keyID.isEmpty else { throw JSONWebSignature.wrong("names no key") }
        self.algorithm = algorithm
        self.keyID = keyID
        self.signature = signature
        message = Secret(token[..<parts[1].endIndex])
    }

    static func wrong(_ what: String) -> MSAuthError {
        MSAuthError(
            .untrusted, "The signature of the service's id_token \(what).",
            hint: "Something else than the service may have made it; tell the administrator.")
    }
}
