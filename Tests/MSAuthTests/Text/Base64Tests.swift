import Testing

@testable import MSAuth

@Suite struct Base64Tests {
    @Test(
        "the vectors of RFC 4648 section 10, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(plain.utf8, .standard).text() == encoded)
        #expect(Base64.decode(encoded.utf8)?.text() == plain)
        #expect(Base64.encode(plain.utf8, .url).text() == encoded.filter { $0 != "=" })
        #expect(Base64.decode(encoded.filter { $0 != "=" }.utf8)?.text() == plain)
    }

    @Test("every byte survives, in both alphabets")
    func everyByte() {
        let bytes = (0...255).map { UInt8($0) }
        for alphabet in [Base64.Alphabet.standard, .url] {
            #expect(Base64.decode(Base64.encode(bytes, alphabet)).map { Array($0) } == bytes)
        }
    }

    @Test("a thumbprint as MicrosoftApiModule writes it, but for the padding")
    func thumbprint() {
        let bytes = ClientCertificate.bytes(ofThumbprint: "E4649AAD13A4F4E07411E4649AAD13A4F4E07411")
        #expect(Base64.encode(bytes, .url).text() == "5GSarROk9OB0EeRkmq0TpPTgdBE")
    }

    @Test("lines and spaces do not matter, anything else does")
    func lenient() {
        #expect(Base64.decode("Zm9v\r\n Ym\tFy\n".utf8)?.text() == "foobar")
        for wrong in ["Zm9v!", "Zg==Zg", "Z", "Zm9vY"] {
            #expect(Base64.decode(wrong.utf8) == nil, "\(wrong)")
        }
    }
}
