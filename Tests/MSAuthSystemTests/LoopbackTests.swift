import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct LoopbackTests {
    @Test("the proof key of RFC 7636 appendix B")
    func appendixB() throws {
        let octets: [UInt8] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]
        let verifier = Base64.encode(octets, .url).text()
        #expect(verifier == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(
            try Base64.encode(OpenSSLCrypto().sha256(Secret(verifier)), .url).text()
                == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(!OpenSSLCrypto().random(32).matches(OpenSSLCrypto().random(32)))
    }

    @Test("a request is read whole, and what cannot be read without doubt is refused")
    func requests() {
        func read(_ text: String) -> HTTPHead.Progress { HTTPHead.read(Array(text.utf8), limit: 1000) }
        guard
            case .request(let post) = read("POST /p?q HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 3 \r\n\r\na=1x")
        else {
            Issue.record("not read")
            return
        }
        #expect(post.method == "POST" && post.target.text() == "/p?q" && post.host == "localhost:1")
        #expect(post.body.text() == "a=1")
        for part in ["", "GET", "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na="] {
            guard case .incomplete = read(part) else {
                Issue.record("not waited for the rest of \(part)")
                continue
            }
        }
        for (text, expected) in [
            ("GET /\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400), ("GET / HTTP/2\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            ("GET /" + String(repeating: "x", count: 1001), 413),
        ] {
            guard case .refused(let status) = read(text), status == expected else {
                Issue.record("not refused with \(expected): \(text)")
                continue
            }
        }
    }

    @Test("a line of the kernel's table says whose a socket is, unless it was closed")
    func sockets() {
        let pair = AddressPair(own: "0100007F:1F90", peer: "0100007F:C350", isIPv6: false)
        func line(_ own: String, _ user: String, _ inode: String) -> String {
            "   1: 0100007F:C350 \(own) 01 00000000:00000000 00:00000000 00000000  \(user)        0 \(inode) 1 0 20 4 30 10 -1"
        }
        #expect(SocketLine.user(line("0100007F:1F90", "1000", "77"), pair) == 1000)
        #expect(SocketLine.user(line("0100007F:1F90", "0", "0"), pair) == nil)
        #expect(SocketLine.user(line("0100007F:1F91", "1000", "77"), pair) == nil)
        #expect(SocketLine.user("  sl  local_address rem_address", pair) == nil)
    }

    @Test("a port is held in both families, once, and free when it is let go")
    func ports() throws {
        let port = try LoopbackListener().listen(on: .localhost, port: nil)
        let number = port.number
        #expect(number > 0)
        #expect(throws: MSAuthError.self) { try LoopbackListener().listen(on: .ipv4, port: number) }
        #expect(throws: MSAuthError.self) { try LoopbackListener().listen(on: .ipv6, port: number) }
        port.close()
        _ = try LoopbackListener().listen(on: .localhost, port: number)
    }

    @Test("a browser that is named must be there, and none is none")
    func browsers() throws {
        #expect(try DesktopBrowser().command("none") == nil)
        #expect(try DesktopBrowser().command("env -u X %s")?.dropFirst() == ["-u", "X", "%s"])
        #expect(try DesktopBrowser().command("env")?.first?.hasPrefix("/") == true)
        #expect(throws: MSAuthError.self) { try DesktopBrowser().command("no-such-browser") }
        #expect(throws: MSAuthError.self) { try DesktopBrowser().command("./env") }
    }
}
