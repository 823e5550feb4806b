import Testing

@testable import MSAuth
@testable import MSAuthSystem

/// libcrypto with a nonce that is known.
private struct FixedNonce: Crypto {
    func seal(_ plaintext: Secret, key: Secret, nonce: [UInt8]) throws(MSAuthError) -> [UInt8] {
        try OpenSSLCrypto().seal(plaintext, key: key, nonce: nonce)
    }

    func sha256(_ bytes: Secret) throws(MSAuthError) -> [UInt8] { try OpenSSLCrypto().sha256(bytes) }

    func verify(
        _ signature: Secret, of message: Secret, by key: RSAPublicKey, _ algorithm: SigningAlgorithm
    ) throws(MSAuthError) -> Bool { try OpenSSLCrypto().verify(signature, of: message, by: key, algorithm) }

    func random(_ count: Int) -> Secret { Secret((0..<UInt8(count)).map { 0xA0 + $0 }) }
}

@Suite struct OpenSSLCryptoTests {
    private static let short = "AAECAwQFBgcICQoLDA0ODw=="
    private static let long = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    @Test(
        "seals for the token broker bit for bit as Python's cryptography does",
        arguments: [
            (
                short, 1_700_000_000, "tok-ABC.123",
                "oKGio6Slpqeoqaqrm7EIi065Azq6SI90KXmdIRGtDTmxJGU9Gw8mTjtc4D/Rsf/1PuM="
            ),
            (
                long, 1_700_000_000, "tok-ABC.123",
                "oKGio6Slpqeoqaqr1y9MHXX7Mo9SVb2naBHtnzLvdyGghEjqX61oiGNFer38jfy5pCE="
            ),
            (
                long, 1_577_196_720, "dummy_tenant",
                "oKGio6Slpqeoqaqr1y1LGnTyNIhQVb23chetpy/YPH7z2TZDLRzimsn4GYDverdWWoFY"
            ),
        ])
    func vectors(_ key: String, _ time: Int, _ content: String, _ expected: String) throws {
        #expect(try BrokerKey(Secret(key)).seal(Secret(content), at: time, FixedNonce()).text() == expected)
    }

    /// Test case 7 of McGrew and Viega's "The Galois/Counter Mode of Operation": 24 zero bytes, no text.
    @Test("seals with 24 bytes of key, too")
    func middle() throws {
        let zeros = [UInt8](repeating: 0, count: 24)
        let tag = try OpenSSLCrypto().seal(Secret(""), key: Secret(zeros), nonce: Array(zeros.prefix(12)))
        #expect(
            tag == [
                0xCD, 0x33, 0xB2, 0x8A, 0xC7, 0x73, 0xF7, 0x4B, 0xA0, 0x0E, 0xD1, 0xF3, 0x12, 0x57, 0x24, 0x35,
            ])
    }

    @Test("refuses a key or a nonce of another length")
    func refused() throws {
        for (key, nonce) in [(15, 12), (0, 12), (16, 11), (16, 13)] {
            #expect(throws: MSAuthError.self) {
                try OpenSSLCrypto().seal(
                    Secret("x"), key: Secret([UInt8](repeating: 0, count: key)),
                    nonce: [UInt8](repeating: 0, count: nonce))
            }
        }
    }

    @Test("random bytes are as many as asked for, and others each time")
    func random() {
        let one = OpenSSLCrypto().random(12)
        #expect(one.count == 12)
        #expect(!OpenSSLCrypto().random(12).matches(one))
    }
}
