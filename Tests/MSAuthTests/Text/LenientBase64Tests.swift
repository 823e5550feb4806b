import Testing

@testable import MSAuth

@Suite struct LenientBase64Tests {
    private func decoded(_ text: String) -> String? { LenientBase64.decode(text.utf8)?.text() }

    @Test(
        "reads the vectors of RFC 4648 section 10",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ])
    func vectors(_ text: String, _ expected: String) { #expect(decoded(text) == expected) }

    @Test(
        "skips what is not of the alphabet, and what stands behind the padding, as Python does",
        arguments: ["Zm 8=\n", "\"Zm8=\"", "Z-m_8=", "Zm8=Zm8=", "Zm8==", "Zm8=\u{20AC}", "=Zm8=", "Z=m8="])
    func lenient(_ text: String) { #expect(decoded(text) == "fo") }

    @Test("refuses padding that is missing or too short", arguments: ["Z", "Zg", "Zg=", "Zm8", "Zm9vY", "Zg=g"])
    func refused(_ text: String) { #expect(decoded(text) == nil) }
}
