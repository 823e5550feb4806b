internal import COpenSSL
internal import MSAuth

/// The state of libcrypto in this process, which the host may use as well.
enum OpenSSL {
    private static let prepared: Void = {
        // Before anything else initialises it: the flag counts for the whole process, and only once.
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }()

    static func prepare() { prepared }

    /// Gives back what libcrypto keeps for this thread. At the thread's own end it would take a lock with no gate closed:
    /// 3 of 80 children that were forked then hung in their first random number.
    static func leaveThread() { OPENSSL_thread_stop() }

    static func sha256(_ text: String) throws(MSAuthError) -> [UInt8] { try sha256(Secret(text)) }

    static func sha256(_ bytes: Secret) throws(MSAuthError) -> [UInt8] {
        prepare()
        var digest = [UInt8](repeating: 0, count: 32)
        var length = digest.count
        let done = unsafe bytes.withBytes { bytes in
            unsafe EVP_Q_digest(nil, "SHA256", nil, bytes.baseAddress, bytes.count, &digest, &length)
        }
        guard done == 1, length == 32 else {
            throw MSAuthError(
                .unsupported, "This process's OpenSSL has no SHA-256.",
                hint: "Look at its configuration (openssl.cnf, OPENSSL_CONF): it may name providers that are not there."
            )
        }
        return digest
    }
}
