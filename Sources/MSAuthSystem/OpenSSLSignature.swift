internal import COpenSSL
package import MSAuth

extension OpenSSLCrypto {
    package func verify(
        _ signature: Secret, of message: Secret, by key: RSAPublicKey, _ algorithm: SigningAlgorithm
    ) throws(MSAuthError) -> Bool {
        OpenSSL.prepare()
        guard let key = unsafe publicKey(key), let context = unsafe EVP_MD_CTX_new() else {
            throw OpenSSLCrypto.unverified
        }
        defer {
            unsafe EVP_PKEY_free(key)
            unsafe EVP_MD_CTX_free(context)
            // A wrong signature is no error that anybody else on this thread should find.
            ERR_clear_error()
        }
        var how: OpaquePointer?
        guard unsafe EVP_DigestVerifyInit_ex(context, &how, "SHA256", nil, nil, key, nil) == 1 else {
            throw OpenSSLCrypto.unverified
        }
        switch algorithm {
        case .rs256:
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PADDING) > 0 else {
                throw OpenSSLCrypto.unverified
            }
        case .ps256:
            // RFC 7518 section 3.5: the salt is as long as the hash.
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) > 0,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(how, 32) > 0
            else { throw OpenSSLCrypto.unverified }
        }
        return unsafe signature.withBytes { signature in
            unsafe message.withBytes { message in
                unsafe EVP_DigestVerify(
                    context, signature.bindMemory(to: UInt8.self).baseAddress, signature.count,
                    message.bindMemory(to: UInt8.self).baseAddress, message.count) == 1
            }
        }
    }

    private func publicKey(_ key: RSAPublicKey) -> OpaquePointer? {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil),
            let builder = unsafe OSSL_PARAM_BLD_new()
        else { return nil }
        let modulus = unsafe BN_bin2bn(key.modulus, Int32(key.modulus.count), nil)
        let exponent = unsafe BN_bin2bn(key.exponent, Int32(key.exponent.count), nil)
        defer {
            unsafe BN_free(modulus)
            unsafe BN_free(exponent)
            unsafe OSSL_PARAM_BLD_free(builder)
            unsafe EVP_PKEY_CTX_free(context)
        }
        guard unsafe copenssl_push_rsa(builder, modulus, exponent) == 1,
            let parameters = unsafe OSSL_PARAM_BLD_to_param(builder)
        else { return nil }
        defer { unsafe OSSL_PARAM_free(parameters) }
        var made: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &made, copenssl_public_key, parameters) == 1
        else { return nil }
        return unsafe made
    }

    private static let unverified = MSAuthError(
        .unsupported, "This machine's libcrypto cannot check an RSA signature.",
        hint: "Does a policy of this machine, such as FIPS, forbid the key's size?")
}
