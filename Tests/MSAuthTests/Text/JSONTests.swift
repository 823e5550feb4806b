import Testing

@testable import MSAuth

@Suite struct JSONTests {
    @Test("reads back what the writer writes, whatever the text")
    func roundTrip() {
        let odd = "quote \" backslash \\ newline \n tab \t bell \u{07} DEL \u{7F} ü € 🔑 \u{202E}"
        var writer = JSONWriter()
        writer.object { object in
            object.string("text", odd)
            object.number("number", Int.max)
            object.flag("flag", true)
            object.array("list") { $0.string(nil, "a") }
            object.value("nested", .object(["null": .null, "half": .fraction(0.5)]))
        }
        let json = JSON(writer.finish())
        #expect(json?["text"]?.string == odd)
        #expect(json?["number"]?.integer == Int.max)
        #expect(json?["flag"]?.flag == true)
        #expect(json?["list"]?.array == [.string("a")])
        #expect(json?["nested"]?["half"] == .fraction(0.5))
    }

    @Test(
        "a number that no type holds spoils nothing else",
        arguments: ["1e400", "-1e400", "9223372036854775808", "1e99"])
    func unrepresentable(_ number: String) {
        let json = JSON(Secret("{\"expires_in\":\(number),\"token\":\"t\"}"))
        #expect(json == nil || json?["token"]?.string == "t")
        #expect(json?["expires_in"]?.integer == nil)
    }

    @Test("takes whole numbers that were written as text or with a point")
    func lenientNumbers() {
        #expect(JSON(Secret("\"3599\""))?.integer == 3599)
        #expect(JSON(Secret("3599.0"))?.integer == 3599)
        #expect(JSON(Secret("\"abc\""))?.integer == nil)
    }

    @Test("refuses what is nested or long beyond reason, without using the stack for it")
    func bounded() {
        #expect(JSON(Secret(String(repeating: "[", count: 100_000))) == nil)
        #expect(JSON(Secret(String(repeating: "[", count: 40) + String(repeating: "]", count: 40))) == nil)
        #expect(JSON(Secret("[" + Array(repeating: "1", count: 60_000).joined(separator: ",") + "]")) == nil)
        #expect(JSON(Secret(String(repeating: "[", count: 30) + String(repeating: "]", count: 30))) != nil)
    }

    @Test("refuses what is not JSON", arguments: ["", "{", "<html>", "{\"a\":}", "nul", "\u{0}"])
    func notJSON(_ text: String) { #expect(JSON(Secret(text)) == nil) }

    @Test("refuses bytes that are not UTF-8")
    func notUTF8() { #expect(JSON(Secret([0x22, 0xFF, 0x22])) == nil) }
}
