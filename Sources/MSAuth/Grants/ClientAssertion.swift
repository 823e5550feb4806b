/// A JWT by which an application proves that it has the key of its certificate: RFC 7523 section 2.2, and
/// learn.microsoft.com/entra/identity-platform/certificate-credentials.
package struct ClientAssertion: Sendable {
    static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    package let text: Secret
    let begins: Int

    /// `audience` is the token endpoint that it is for, exactly. Nil where the key cannot sign by PS256, and nobody has
    /// asked for that.
    init?(
        _ certificate: ClientCertificate, _ key: any SigningKey, signsPSS: Bool = true, audience: String,
        clientID: String, now: Int
    ) throws(MSAuthError) {
        let (thumbprint, algorithm) = try ClientAssertion.naming(certificate, key, signsPSS)
        let header = ClientAssertion.header(algorithm, thumbprint, certificate.sendsChain ? key.chain : [])
        var claims = JSONWriter()
        claims.object {
            $0.string("aud", audience)
            $0.string("iss", clientID)
            $0.string("sub", clientID)
            $0.string("jti", UUID4.make())
            $0.number("nbf", now)
            $0.number("exp", now + ClientAssertion.lifetime)
        }
        var signed = SecretText(capacity: 2048)
        Base64.encode(header, .url, into: &signed)
        signed.append(UInt8(ascii: "."))
        Base64.encode(claims.finish(), .url, into: &signed)
        let message = signed.finish()
        guard let signature = try key.sign(message, algorithm) else {
            guard certificate.algorithm == .ps256 else { return nil }
            throw MSAuthError(
                .unusableKey, "The certificate's private key cannot sign by PS256 with a salt of 32 bytes.",
                hint: "Leave the option \"certificate_algorithm\" out, or give it RS256.")
        }
        var text = SecretText(capacity: message.count + signature.count * 4 / 3 + 8)
        text.append(message)
        text.append(UInt8(ascii: "."))
        Base64.encode(signature, .url, into: &text)
        self.text = text.finish()
        begins = now
    }

    private static let lifetime = 600

    /// Until a minute before its end; and not while the clock stands before its beginning.
    func isGood(at now: Int) -> Bool { begins <= now && now < begins + ClientAssertion.lifetime - 60 }

    private static func header(_ algorithm: SigningAlgorithm, _ thumbprint: [UInt8], _ chain: [[UInt8]]) -> Secret {
        var header = JSONWriter()
        header.object {
            $0.string("alg", algorithm.rawValue)
            $0.string("typ", "JWT")
            $0.string(thumbprint.count == 20 ? "x5t" : "x5t#S256", Base64.encode(thumbprint, .url))
            if !chain.isEmpty {
                $0.array("x5c") { array in
                    for der in chain { array.string(nil, Base64.encode(der, .standard)) }
                }
            }
        }
        return header.finish()
    }

    /// The thumbprint by which the service finds the certificate, and the algorithm that goes with it. One that was
    /// given must be the certificate's, where there is a certificate.
    private static func naming(
        _ certificate: ClientCertificate, _ key: any SigningKey, _ signsPSS: Bool
    ) throws(MSAuthError) -> (thumbprint: [UInt8], algorithm: SigningAlgorithm) {
        let given = certificate.thumbprint
        let usual = signsPSS ? certificate.usualAlgorithm : .rs256
        guard let sha1 = key.sha1, let sha256 = key.sha256 else {
            guard let given, !certificate.sendsChain else {
                throw MSAuthError(
                    .unusableKey, "\(certificate.material.origin) holds no certificate whose chain could be sent.",
                    hint: "Add the certificate, or leave the option \"send_certificate_chain\" out.")
            }
            return (given, certificate.algorithm ?? (given.count == 20 ? .rs256 : usual))
        }
        guard given == nil || given == sha1 || given == sha256 else {
            throw MSAuthError(
                .unusableKey,
                "\(certificate.material.origin) holds another certificate than the one that \"certificate_thumbprint\" "
                    + "names: its SHA-1 thumbprint is \(hex(sha1)).",
                hint: "Give the file of that certificate, or leave the thumbprint out.")
        }
        let algorithm = certificate.algorithm ?? usual
        return (algorithm == .rs256 ? sha1 : sha256, algorithm)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }
}
