import Testing

@testable import MSAuth

@Suite struct PEMTests {
    private let body = String(repeating: "QUJD", count: 32)
    private var whole: String {
        "-----BEGIN CERTIFICATE-----\n\(body.prefix(64))\n\(body.dropFirst(64))\n-----END CERTIFICATE-----\n"
    }

    private func blocks(_ text: String) -> [PEM.Block] { PEM(Secret(text))?.blocks ?? [] }

    @Test("a block is written as it stands")
    func plain() {
        #expect(blocks(whole).map { $0.text.text() } == [whole])
    }

    @Test(
        "what forms and variables do to newlines is undone",
        arguments: ["\r\n", " ", "\\n", "\\r\\n", "\n\n", "\n    ", "\t"])
    func newlines(_ newline: String) {
        #expect(blocks(whole.replacing("\n", with: newline)).map { $0.text.text() } == [whole])
    }

    @Test("one long line is broken, short lines are joined")
    func lines() {
        let long = "-----BEGIN CERTIFICATE-----\(body)-----END CERTIFICATE-----"
        let short = "-----BEGIN CERTIFICATE-----\n\(body.map { "\($0)\n" }.joined())-----END CERTIFICATE-----"
        #expect(blocks(long).map { $0.text.text() } == [whole])
        #expect(blocks(short).map { $0.text.text() } == [whole])
    }

    @Test("blocks come in their order, with words between them")
    func several() {
        let text =
            "Bag Attributes: x\n\(whole)subject=/CN=a\n-----BEGIN RSA PRIVATE KEY-----\nQUJD\n-----END RSA PRIVATE KEY-----"
        let found = blocks(text)
        #expect(found.map(\.label) == ["CERTIFICATE", "RSA PRIVATE KEY"])
        #expect(found.map(\.isCertificate) == [true, false] && found.map(\.isPrivateKey) == [false, true])
    }

    @Test("the header of an encrypted PKCS#1 key keeps its lines", arguments: ["\n", " ", "\r\n"])
    func encrypted(_ newline: String) {
        let key =
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\nQUJD\n-----END RSA PRIVATE KEY-----\n"
        let text = blocks(key.replacing("\n", with: newline)).first?.text.text()
        #expect(text?.contains("\nProc-Type: 4,ENCRYPTED \nDEK-Info: AES-128-CBC,00FF \n\nQUJD\n") == true)
    }

    @Test(
        "what is no PEM has no blocks",
        arguments: [
            "", "abc", "-----BEGIN ", "-----BEGIN X-----", "-----BEGIN -----QUJD-----END -----",
            "-----BEGIN X-----\n!\n-----END X-----", "-----BEGIN X-----\n\n-----END X-----",
        ])
    func none(_ text: String) {
        #expect(PEM(Secret(text)) == nil)
    }
}
