package import MSAuth

/// libcrypto's hashes and the kernel's random bytes.
package struct SystemCrypto: Crypto {
    package init() {}

    package func sha256(_ bytes: Secret) throws(MSAuthError) -> [UInt8] { try OpenSSL.sha256(bytes) }

    package func random(_ count: Int) -> Secret {
        // getrandom(2): the same in a forked child as anywhere.
        var generator = SystemRandomNumberGenerator()
        return Secret((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
