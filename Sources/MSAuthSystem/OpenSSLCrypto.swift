internal import COpenSSL
package import MSAuth

/// What libcrypto does for the core.
package struct OpenSSLCrypto: Crypto {
    private static let tagLength = 16

    package init() {}

    package func seal(_ plaintext: Secret, key: Secret, nonce: [UInt8]) throws(MSAuthError) -> [UInt8] {
        OpenSSL.prepare()
        let cipher: OpaquePointer?
        switch key.count {
        case 16: unsafe cipher = EVP_aes_128_gcm()
        case 24: unsafe cipher = EVP_aes_192_gcm()
        case 32: unsafe cipher = EVP_aes_256_gcm()
        default: throw MSAuthError(.internalError, "An AES key has 16, 24 or 32 bytes, not \(key.count).")
        }
        // 12 bytes are what libcrypto takes for GCM unless told otherwise.
        guard nonce.count == 12, plaintext.count <= 1 << 20, let context = unsafe EVP_CIPHER_CTX_new() else {
            throw OpenSSLCrypto.failed
        }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        var sealed = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: OpenSSLCrypto.tagLength)
        var length: Int32 = 0
        let isSealed = unsafe plaintext.withBytes { plaintext in
            unsafe key.withBytes { key in
                unsafe EVP_EncryptInit_ex(
                    context, cipher, nil, key.bindMemory(to: UInt8.self).baseAddress, nonce) == 1
                    && EVP_EncryptUpdate(
                        context, &sealed, &length, plaintext.bindMemory(to: UInt8.self).baseAddress,
                        Int32(plaintext.count)) == 1
                    && Int(length) == plaintext.count
                    // GCM is a stream: nothing is left to write, and the tag is made.
                    && EVP_EncryptFinal_ex(context, &tag, &length) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
            }
        }
        guard isSealed else { throw OpenSSLCrypto.failed }
        return sealed + tag
    }

    package func sha256(_ bytes: Secret) throws(MSAuthError) -> [UInt8] { try OpenSSL.sha256(bytes) }

    package func random(_ count: Int) -> Secret {
        // getrandom(2): the same in a forked child as anywhere.
        var generator = SystemRandomNumberGenerator()
        return Secret((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// libcrypto says no more that would help: a provider is missing, or there is no memory.
    private static let failed = MSAuthError(
        .unsupported, "This machine's libcrypto refused to encrypt by AES-GCM.",
        hint: "Is OpenSSL's default provider loaded, and do its rules allow AES?")
}
