import Testing

@testable import MSAuth

@Suite struct FormBodyTests {
    @Test("encodes as the URL standard says, secrets as well")
    func encoded() {
        var form = FormBody()
        form.add("a", "x y&z=ü")
        form.add("b", Secret("p+q/%~-._"))
        #expect(form.encoded().text() == "a=x+y%26z%3D%C3%BC&b=p%2Bq%2F%25~-._")
    }

    @Test("knows its secrets")
    func secrets() {
        var form = FormBody()
        form.add("client_id", "c")
        form.add("client_secret", Secret("s"))
        #expect(form.secrets.map { $0.text() } == ["s"])
    }
}
