internal import CCertificate
internal import Glibc
internal import MSAuth

/// A private RSA key and its certificate, in libcrypto's hands; both are wiped when it goes.
@safe final class CertificateKey: SigningKey, @unchecked Sendable {
    private let handle: OpaquePointer
    /// The handle borrows both.
    private let password: Secret?
    private let uri: UnsafeMutablePointer<CChar>?
    /// The option that its URI came from, and the URI; for messages.
    private let device: String

    init(password: Secret?, uri: String?) {
        OpenSSL.prepare()
        self.password = password
        unsafe self.uri = uri.flatMap { unsafe strdup($0) }
        device = uri.map { "The key \($0.quotedForMessage)" } ?? "The key that a TPM has wrapped"
        guard let handle = unsafe ccertificate_new(password?.cString) else { preconditionFailure("no memory") }
        unsafe self.handle = handle
        if let uri = unsafe self.uri { unsafe ccertificate_keep_uri(handle, uri) }
    }

    deinit {
        unsafe ccertificate_free(handle)
        unsafe free(uri)
        withExtendedLifetime(password) {}
    }

    // MARK: Reading

    /// PEM, PKCS#12, or either in base64.
    func add(_ bytes: Secret, _ origin: String) throws(MSAuthError) {
        if let pem = PEM(bytes) { return try add(pem, origin) }
        if bytes.first == CertificateKey.sequence { return try addPKCS12(bytes, origin) }
        guard let decoded = Base64.decode(bytes), !decoded.isEmpty else { throw CertificateKey.unreadable(origin) }
        if let pem = PEM(decoded) { return try add(pem, origin) }
        try addPKCS12(decoded, origin)
    }

    /// The first byte of DER.
    private static let sequence: UInt8 = 0x30

    private func add(_ pem: PEM, _ origin: String) throws(MSAuthError) {
        for block in pem.blocks {
            if block.isCertificate {
                try check(unsafe block.text.withBytes { unsafe ccertificate_add_certificate(handle, $0.lent) }, origin)
            } else if block.label == CertificateKey.wrapped {
                try check(unsafe block.text.withBytes { unsafe ccertificate_keep_wrapped(handle, $0.lent) }, origin)
            } else if block.isPrivateKey {
                try check(unsafe block.text.withBytes { unsafe ccertificate_add_key(handle, $0.lent) }, origin)
            }
        }
    }

    /// How tpm2-openssl and others label what only the TPM that made it can open.
    private static let wrapped = "TSS2 PRIVATE KEY"

    private func addPKCS12(_ der: Secret, _ origin: String) throws(MSAuthError) {
        try check(unsafe der.withBytes { unsafe ccertificate_add_pkcs12(handle, $0.lent) }, origin)
    }

    /// What is with the key in its device.
    func addKept() throws(MSAuthError) {
        try check(unsafe ccertificate_add_kept(handle), device)
    }

    /// All is added.
    func check(isBare: Bool, _ origin: String) throws(MSAuthError) {
        try check(unsafe ccertificate_check(handle, isBare ? 1 : 0), origin)
    }

    // MARK: SigningKey

    var sha1: [UInt8]? { thumbprints?.sha1 }
    var sha256: [UInt8]? { thumbprints?.sha256 }

    private var thumbprints: (sha1: [UInt8], sha256: [UInt8])? {
        var sha1 = [UInt8](repeating: 0, count: 20)
        var sha256 = [UInt8](repeating: 0, count: 32)
        guard unsafe ccertificate_thumbprints(handle, &sha1, &sha256) == CCERTIFICATE_OK else { return nil }
        return (sha1, sha256)
    }

    var chain: [[UInt8]] {
        let count = unsafe ccertificate_count(handle)
        return (0..<count).map { index in
            let der = unsafe ccertificate_der(handle, index)
            return unsafe Array(UnsafeRawBufferPointer(start: der.bytes, count: der.count))
        }
    }

    var validity: (begins: Int, ends: Int)? {
        guard unsafe ccertificate_count(handle) > 0 else { return nil }
        return unsafe (Int(ccertificate_begins(handle)), Int(ccertificate_ends(handle)))
    }

    func sign(_ message: Secret, _ algorithm: SigningAlgorithm) throws(MSAuthError) -> [UInt8]? {
        // Room for a key of 16,384 bits, the longest that libcrypto works with.
        var signature = [UInt8](repeating: 0, count: 2048)
        var length = signature.count
        // A fork waits for the device: of 300 children that were forked while it worked, 2 hung in libcrypto and 134 found
        // an engine that nobody could use.
        let result = unsafe message.withBytes { bytes in
            unsafe ccertificate_sign(handle, algorithm == .ps256 ? 1 : 0, bytes.lent, &signature, &length)
        }
        switch result {
        case CCERTIFICATE_OK: return Array(signature.prefix(length))
        case CCERTIFICATE_NO_PSS: return nil
        case CCERTIFICATE_FAILED:
            throw MSAuthError(
                .unusableKey,
                "OpenSSL cannot sign with the certificate's private key by \(algorithm.rawValue)\(reason).",
                hint: "Does a policy of this machine forbid it? The option \"certificate_algorithm\" names another one."
            )
        default:
            try check(result, device)
            return nil
        }
    }

    /// What OpenSSL and the device said.
    private var reason: String {
        let said = unsafe String(cString: ccertificate_reason(handle))
        return said.isEmpty ? "" : ": \(ServerText.clean(said, limit: 256))"
    }

    // MARK: Errors

    private func check(_ result: ccertificate_result, _ origin: String) throws(MSAuthError) {
        let (what, hint): (String, String)
        switch result {
        case CCERTIFICATE_OK: return
        case CCERTIFICATE_LOCKED where unsafe ccertificate_is_kept(handle) == 1:
            (what, hint) = ("asks for a PIN", "Give it by the option \"client_certificate_password\".")
        case CCERTIFICATE_LOCKED:
            (what, hint) = ("is encrypted", "Give its password by the option \"client_certificate_password\".")
        case CCERTIFICATE_WRONG_PASSWORD:
            (what, hint) = (
                "cannot be opened with this password", "Check the option \"client_certificate_password\"."
            )
        case CCERTIFICATE_LEGACY:
            (what, hint) = (
                "is encrypted in a way of old that needs OpenSSL's legacy provider, which this machine does not have",
                "Install it, or encrypt the file anew: openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs12 -export -out NEW"
            )
        case CCERTIFICATE_NO_CERTIFICATE where unsafe ccertificate_is_kept(handle) == 1:
            (what, hint) = (
                "holds no certificate",
                "Give its file by the option \"client_certificate\", or name it by \"certificate_thumbprint\"."
            )
        case CCERTIFICATE_NO_CERTIFICATE:
            (what, hint) = (
                "holds no certificate", "Add it, or name it by the option \"certificate_thumbprint\"."
            )
        case CCERTIFICATE_NO_KEY:
            (what, hint) = (
                "holds no private key", "Add it, or name its file by the option \"client_certificate_key\"."
            )
        case CCERTIFICATE_NOT_RSA:
            let type = unsafe String(cString: ccertificate_key_type(handle))
            (what, hint) = (
                "comes with a private key of the type \(type), which Entra ID takes from no application",
                "Make an RSA key of 2048 bits or more, and a certificate for it."
            )
        case CCERTIFICATE_SHORT_KEY:
            (what, hint) = (
                "comes with an RSA key of less than 2048 bits", "Make a longer one, and a certificate for it."
            )
        case CCERTIFICATE_NO_MODULE:
            let module = unsafe String(cString: ccertificate_module(handle))
            throw MSAuthError(
                .unsupported,
                "\(origin) cannot be reached: OpenSSL has no module \"\(module)\" here that works\(reason).",
                hint: module == "tpm2" ? CertificateKey.tpm2 : CertificateKey.pkcs11)
        case CCERTIFICATE_NO_DEVICE:
            throw MSAuthError(
                .unusableKey, "\(origin) cannot be opened\(reason).",
                hint: "Check the URI, that the device is there and that this user may use it, and the option "
                    + "\"client_certificate_password\", which is its PIN. A PIN that is wrong too often locks the device."
            )
        case CCERTIFICATE_NO_MATCH where unsafe ccertificate_is_kept(handle) == 1:
            (what, hint) = (
                "does not belong to the certificate",
                "Give the certificate that was made for this key, first of its file."
            )
        case CCERTIFICATE_NO_MATCH:
            (what, hint) = (
                "holds no certificate that its private key belongs to", "Give the two that were made together."
            )
        case CCERTIFICATE_MALFORMED: throw CertificateKey.unreadable(origin)
        default:
            (what, hint) = (
                "holds something that OpenSSL refuses", "Does a policy of this machine, such as FIPS, forbid it?"
            )
        }
        throw MSAuthError(.unusableKey, "\(origin) \(what).", hint: hint)
    }

    private static let pkcs11 =
        "Install pkcs11-provider, or on Debian 12 libengine-pkcs11-openssl. The device's own module is found by p11-kit, or "
        + "named in PKCS11_PROVIDER_MODULE (for the engine: PKCS11_MODULE_PATH)."
    private static let tpm2 =
        "Install tpm2-openssl. The TPM is /dev/tpmrm0, which the group tss may use, or named in TPM2OPENSSL_TCTI."

    private static func unreadable(_ origin: String) -> MSAuthError {
        MSAuthError(
            .unusableKey, "\(origin) holds nothing that can be read.",
            hint:
                "What is accepted: PEM with the certificate and its RSA key (PKCS#1 or PKCS#8, encrypted or not) in any "
                + "order, and PKCS#12.")
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var lent: ccertificate_bytes { unsafe ccertificate_bytes(bytes: baseAddress, count: count) }
}
