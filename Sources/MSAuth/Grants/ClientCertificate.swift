/// The files or bytes that a certificate and its key are in, as they are given; not looked into yet.
package struct CertificateMaterial: Sendable {
    /// For messages: which option it came from.
    package let origin: String
    package let bytes: Secret
    /// A second file that the key is in.
    package let key: Secret?
    /// Where else the key is: in a device that OpenSSL reaches by this URI.
    package let uri: String?
    package let password: Secret?
    /// Nobody but the thumbprint says which certificate it is: a key alone will do.
    package let isBare: Bool

    package init(
        origin: String, bytes: Secret, key: Secret? = nil, uri: String? = nil, password: Secret? = nil,
        isBare: Bool = false
    ) {
        self.origin = origin
        self.bytes = bytes
        self.key = key
        self.uri = uri
        self.password = password
        self.isBare = isBare
    }

    func matches(_ other: CertificateMaterial) -> Bool {
        func same(_ one: Secret?, _ another: Secret?) -> Bool {
            if let one, let another { one.matches(another) } else { one == nil && another == nil }
        }
        return bytes.matches(other.bytes) && same(key, other.key) && same(password, other.password)
            && uri == other.uri && isBare == other.isBare
    }
}

/// How an assertion is signed: RFC 7518 sections 3.3 and 3.5.
package enum SigningAlgorithm: String, CaseIterable, Sendable {
    case ps256 = "PS256"
    case rs256 = "RS256"
}

/// A certificate with its private RSA key: how an application proves itself without a secret that travels.
package struct ClientCertificate: Sendable {
    package let material: CertificateMaterial
    /// What was asked for, and what the authority takes otherwise.
    package let algorithm: SigningAlgorithm?
    package let usualAlgorithm: SigningAlgorithm
    /// The thumbprint that was given, as bytes: of SHA-1 or SHA-256, which its length says.
    package let thumbprint: [UInt8]?
    /// Whether the certificates that lead to its issuer travel with each assertion.
    package let sendsChain: Bool

    /// The options that say which certificate it is: a new one takes the place of all of them.
    package static let names: [OptionName] = [
        .clientCertificate, .clientCertificateKey, .clientCertificateKeyURI, .clientCertificateData,
        .clientCertificatePassword,
        .certificateThumbprint,
    ]

    /// Those that say where its key is, and what opens that.
    package static let keyNames: [OptionName] = [
        .clientCertificateKey, .clientCertificateKeyURI, .clientCertificatePassword,
    ]

    init(
        _ settings: Settings, _ grant: Grant, _ authority: Authority, _ certificates: any Certificates
    ) throws(MSAuthError) {
        let (path, data) = settings.nearest(path: .clientCertificate, bytes: .clientCertificateData)
        let (keyPath, uri) = try ClientCertificate.key(settings)
        let thumbprint = settings.given(.certificateThumbprint).map(ClientCertificate.bytes)
        let origin: String
        let bytes: Secret
        switch (path, data) {
        case (nil, nil) where uri != nil:
            // The certificate is beside the key, or the thumbprint stands for it.
            origin = "The device of \"client_certificate_key_uri\""
            bytes = Secret("")
        case (nil, nil): throw Settings.missing(.clientCertificate, grant)
        case (_?, _?):
            throw .invalidArgument(
                "The options \"client_certificate\" and \"client_certificate_data\" exclude each other: give one of them."
            )
        case (let path?, nil):
            origin = "The file \(path.quotedForMessage)"
            bytes = try certificates.read(path, for: .clientCertificate)
        case (nil, let data?):
            origin = "The option \"client_certificate_data\""
            bytes = data
        }
        material = CertificateMaterial(
            origin: origin, bytes: bytes,
            key: try keyPath.map { (path) throws(MSAuthError) in
                try certificates.read(path, for: .clientCertificateKey)
            },
            uri: uri, password: settings.secret(.clientCertificatePassword), isBare: thumbprint != nil)
        algorithm = settings.given(.certificateAlgorithm).flatMap { SigningAlgorithm(rawValue: $0) }
        usualAlgorithm = authority.isEntra ? .ps256 : .rs256
        self.thumbprint = thumbprint
        sendsChain = settings.flag(.sendCertificateChain)
    }

    /// Where the key is, when it is not with the certificate: a file, or a device.
    private static func key(_ settings: Settings) throws(MSAuthError) -> (path: String?, uri: String?) {
        let said = settings.nearest(of: [.clientCertificateKey, .clientCertificateKeyURI])
        guard said.count <= 1 else {
            throw .invalidArgument(
                "The options \"client_certificate_key\" and \"client_certificate_key_uri\" exclude each other: give one "
                    + "of them.")
        }
        guard let (name, value) = said.first else { return (nil, nil) }
        return name == .clientCertificateKey ? (value, nil) : (nil, value)
    }

    /// Hexadecimal digits, which may have colons or spaces between them; the option has been checked.
    package static func bytes(ofThumbprint text: String) -> [UInt8] {
        let digits = text.filter(\.isHexDigit)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            let start = digits.index(digits.startIndex, offsetBy: index)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
        }
    }
}
