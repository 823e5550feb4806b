import Testing

@testable import MSAuthSystem

@Suite struct OpenSSLTests {
    @Test("SHA-256 of the vector of FIPS 180-2")
    func sha256() throws {
        let digest = try OpenSSL.sha256("abc").map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
