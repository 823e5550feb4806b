import Testing

@testable import MSAuth

@Suite struct ConnectionNameTests {
    @Test(
        "takes what a person would write",
        arguments: ["a", "0", "work", "ci.prod_1@contoso+x-y", String(repeating: "a", count: 128)])
    func taken(_ text: String) throws { #expect(try ConnectionName(text).text == text) }

    @Test(
        "refuses what means something to a shell, a path or a terminal",
        arguments: [
            "", ".", "..", "-x", "_x", "a b", "a/b", "$(x)", "a\n", "ä", "a\u{0}", String(repeating: "a", count: 129),
        ])
    func refused(_ text: String) { #expect(status { _ = try ConnectionName(text) } == .invalidArgument) }
}
