import Testing

@testable import MSAuth

@Suite struct ServerTextTests {
    @Test("puts a text on one line, without what moves a cursor or turns the direction of writing")
    func cleaned() {
        #expect(ServerText.clean("a\r\n\u{1B}[31mb\u{9B}c\u{202E}d\u{7F}") == "a [31mb cd")
        #expect(ServerText.clean("\u{200B}\u{FEFF}\u{2066}x") == "x")
        #expect(ServerText.clean("  ") == "")
    }

    @Test("cuts at 2 KiB")
    func bounded() { #expect(ServerText.clean(String(repeating: "é", count: 100_000)).utf8.count <= 2050) }

    @Test("takes user and password out of an address")
    func userinfo() {
        let text = "Unsupported proxy syntax in 'http://bob:hunter2@proxy:99999' at once"
        #expect(ServerText.withoutUserinfo(text) == "Unsupported proxy syntax in 'http://proxy:99999' at once")
        #expect(ServerText.withoutUserinfo("mail me@x //a") == "mail me@x //a")
    }

    @Test("takes the request's secrets out of what the service repeats")
    func redacted() {
        #expect(ServerText.redact("bad secret hunter22!", [Secret("hunter22")]) == "bad secret [redacted]!")
        #expect(ServerText.redact("aaaaaaaa", [Secret("aaaa")]) == "[redacted][redacted]")
    }
}
