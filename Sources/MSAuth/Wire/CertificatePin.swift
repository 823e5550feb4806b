/// The SHA-1 thumbprint of the one certificate that a server may have.
package struct CertificatePin: Sendable {
    /// 20 bytes.
    package let bytes: [UInt8]

    /// Hexadecimal digits, which may have colons or spaces between them.
    package init?(_ text: String) {
        let digits = text.filter { $0 != ":" && $0 != " " }
        let bytes = ClientCertificate.bytes(ofThumbprint: digits)
        guard digits.count == 40, bytes.count == 20, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        self.bytes = bytes
    }
}
