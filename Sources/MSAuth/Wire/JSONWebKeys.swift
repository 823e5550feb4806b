/// A public RSA key that a signature can be checked with.
package struct RSAPublicKey: Sendable, Equatable {
    /// Without leading zeros.
    package let modulus: [UInt8]
    package let exponent: [UInt8]

    /// Nil for a key that is too short to be trusted, or of a size that no service has.
    package init?(modulus: some Sequence<UInt8>, exponent: some Sequence<UInt8>) {
        self.modulus = Array(modulus.drop { $0 == 0 })
        self.exponent = Array(exponent.drop { $0 == 0 })
        guard let first = self.modulus.first, let last = self.exponent.last else { return nil }
        let bits = self.modulus.count * 8 - first.leadingZeroBitCount
        guard (2048...16384).contains(bits), self.exponent.count <= 8, last % 2 == 1, self.exponent != [1] else {
            return nil
        }
    }
}

/// The keys that an issuer signs with, RFC 7517 section 5. Those that cannot be used here are left out.
package struct JSONWebKeys: Sendable {
    package struct Key: Sendable {
        package let key: RSAPublicKey
        /// The one algorithm that it is for; nil: any.
        package let algorithm: String?
        /// Entra's addition: whose tokens it signs, where one list has the keys of several issuers.
        package let issuer: String?
    }

    private var keys: [String: Key] = [:]
    private static let limit = 100

    package init?(_ document: Secret) {
        guard let list = JSON(document)?["keys"]?.array else { return nil }
        for member in list.prefix(JSONWebKeys.limit) {
            guard member["kty"]?.string == "RSA", member["use"]?.string ?? "sig" == "sig",
                let keyID = member["kid"]?.string,
                let modulus = member["n"]?.string.flatMap({ Base64.decode($0.utf8) }),
                let exponent = member["e"]?.string.flatMap({ Base64.decode($0.utf8) }),
                let key = RSAPublicKey(modulus: modulus, exponent: exponent)
            else { continue }
            keys[keyID] = Key(key: key, algorithm: member["alg"]?.string, issuer: member["issuer"]?.string)
        }
    }

    package subscript(_ keyID: String) -> Key? { keys[keyID] }
}
