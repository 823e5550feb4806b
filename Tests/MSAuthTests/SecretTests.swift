import Testing

@testable import MSAuth

@Suite struct SecretTests {
    @Test("prints itself as redacted, whole")
    func redacted() {
        let secret = Secret("hunter2")
        #expect("\(secret)" == "[redacted]")
        #expect(String(reflecting: secret) == "[redacted]")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test("has a NUL behind its last byte")
    func terminated() {
        let secret = Secret("abc")
        #expect(unsafe String(cString: secret.cString) == "abc")
        #expect(secret.count == 3)
    }

    @Test("matches the same bytes and no others")
    func matches() {
        #expect(Secret("abc").matches(Secret("abc")))
        #expect(!Secret("abc").matches(Secret("abd")))
        #expect(!Secret("abc").matches(Secret("ab")))
    }

    @Test("grows to any length without losing a byte")
    func grows() {
        var text = SecretText(capacity: 1)
        for number in 0..<1000 {
            text.append(String(number))
            text.append(Secret("-"))
        }
        #expect(text.finish().text() == (0..<1000).map { "\($0)-" }.joined())
    }

    @Test("tells text from bytes that are none")
    func utf8() {
        #expect(Secret("päss🔑").isText())
        #expect(!Secret([0xFF, 0xFE]).isText())
        #expect(!Secret([0xC3]).isText())
        #expect(!Secret("a\u{85}").isText { $0.value != 0x85 })
    }
}
