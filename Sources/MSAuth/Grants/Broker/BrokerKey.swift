/// What a token broker's consent page calls Key: what its requests are sealed with.
package struct BrokerKey: Sendable {
    private let bytes: Secret

    package init(_ text: Secret) throws(MSAuthError) {
        guard let bytes = LenientBase64.decode(text), [16, 24, 32].contains(bytes.count) else {
            throw .invalidArgument(
                "The option \"broker_key\" is not an AES key: it takes base64 of 16, 24 or 32 bytes, with its padding.")
        }
        self.bytes = bytes
    }

    /// The field `encrypted_token`: nonce, ciphertext and tag of `TIME:CONTENT`, in base64.
    package func seal(_ content: Secret, at time: Int, _ crypto: any Crypto) throws(MSAuthError) -> Secret {
        var plaintext = SecretText()
        plaintext.append("\(time):")
        plaintext.append(content)
        let nonce = Array(crypto.random(12))
        return Base64.encode(nonce + (try crypto.seal(plaintext.finish(), key: bytes, nonce: nonce)), .standard)
    }
}
