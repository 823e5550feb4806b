import Testing

@testable import MSAuth

@Suite struct AnchorMailboxTests {
    @Test("an account of Entra's is named by its IDs")
    func account() {
        #expect(AnchorMailbox.value(homeAccountID: "c0de-1.c0de-2") == "Oid:c0de-1@c0de-2")
    }

    @Test(
        "an ID of another making names nobody",
        arguments: ["", "subject", "a.", ".b", "a.b.c", "a.b\r\nX: y", "ä.b", "a b.c"])
    func foreign(_ id: String) { #expect(AnchorMailbox.value(homeAccountID: id) == nil) }

    @Test("a user name is passed on when a header can carry it")
    func username() {
        #expect(AnchorMailbox.value(username: "alice@contoso.com") == "UPN:alice@contoso.com")
        for name in ["", "älice@contoso.com", "a\r\nb", String(repeating: "a", count: 321)] {
            #expect(AnchorMailbox.value(username: name) == nil)
        }
    }
}
