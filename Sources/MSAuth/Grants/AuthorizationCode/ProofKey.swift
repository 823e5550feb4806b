/// The proof that who redeems a code is who asked for it, RFC 7636. Its method is always S256.
struct ProofKey {
    /// Section 4.1: 43 characters out of 32 random bytes.
    let verifier: Secret

    init(_ crypto: any Crypto) { verifier = Base64.encode(crypto.random(32), .url) }

    init(verifier: Secret) { self.verifier = verifier }

    /// Section 4.2.
    func challenge(_ crypto: any Crypto) throws(MSAuthError) -> String {
        Base64.encode(try crypto.sha256(verifier), .url).text()
    }
}
