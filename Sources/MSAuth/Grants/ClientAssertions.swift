/// The assertions of a client, which are used again while they are good: a signature costs more than all else that a
/// request does here.
package final class ClientAssertions: Sendable {
    private struct Entry {
        let certificate: ClientCertificate
        let audience: String
        let clientID: String
        let assertion: ClientAssertion
    }

    private let entries = Lock<[Entry]>([])
    /// Where keys are that were seen to sign no PS256: they are not asked for it again.
    private let withoutPSS = Lock<[CertificateMaterial]>([])
    private static let limit = 32

    init() {}

    func assertion(
        _ certificate: ClientCertificate, audience: String, clientID: String, _ environment: Environment
    ) throws(MSAuthError) -> Secret {
        let now = environment.clock.wall
        let held = entries.withLock { $0 }.first {
            $0.audience == audience && $0.clientID == clientID && $0.assertion.isGood(at: now)
                && $0.certificate.makesTheSame(as: certificate)
        }
        if let held { return held.assertion.text }
        let key = try environment.certificates.open(certificate.material)
        if let warning = key.warning(certificate.material.origin, at: now) { environment.log.write { warning } }
        let assertion = try make(certificate, key, audience: audience, clientID: clientID, now: now, environment.log)
        let entry = Entry(certificate: certificate, audience: audience, clientID: clientID, assertion: assertion)
        entries.withLock { entries in
            entries.removeAll { !$0.assertion.isGood(at: now) }
            entries = entries.suffix(ClientAssertions.limit - 1) + [entry]
        }
        return assertion.text
    }

    /// Devices were seen that sign PSS with the longest salt whatever they are told, and others that know no PSS.
    private func make(
        _ certificate: ClientCertificate, _ key: any SigningKey, audience: String, clientID: String, now: Int,
        _ log: any Log
    ) throws(MSAuthError) -> ClientAssertion {
        let material = certificate.material
        let signsPSS = !withoutPSS.withLock { $0 }.contains { $0.matches(material) }
        if let assertion = try ClientAssertion(
            certificate, key, signsPSS: signsPSS, audience: audience, clientID: clientID, now: now)
        {
            return assertion
        }
        log.write { "\(material.origin) comes with a key that cannot sign by PS256: signing by RS256" }
        guard
            let assertion = try ClientAssertion(
                certificate, key, signsPSS: false, audience: audience, clientID: clientID, now: now)
        else { throw MSAuthError(.internalError, "A key gave no reason for not signing.") }
        withoutPSS.withLock { $0 = $0.suffix(ClientAssertions.limit - 1) + [material] }
        return assertion
    }
}

extension ClientCertificate {
    /// A file that was replaced meanwhile is another certificate.
    fileprivate func makesTheSame(as other: ClientCertificate) -> Bool {
        algorithm == other.algorithm && usualAlgorithm == other.usualAlgorithm && thumbprint == other.thumbprint
            && sendsChain == other.sendsChain
            && material.matches(other.material)
    }
}

extension SigningKey {
    /// The service decides, by its own clock: this is for who looks for the reason of its refusal.
    fileprivate func warning(_ origin: String, at now: Int) -> String? {
        guard let validity else { return nil }
        if validity.ends < now { return "\(origin) holds a certificate that has expired" }
        if validity.begins > now { return "\(origin) holds a certificate that is not valid yet" }
        return nil
    }
}
