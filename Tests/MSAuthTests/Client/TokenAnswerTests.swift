import Testing

@testable import MSAuth

@Suite struct TokenAnswerTests {
    private let world = Fixture()

    @Test("an answer as JSON has the fields that a caller reads one by one, under their described names")
    func json() throws {
        let name = try ConnectionName("work")
        world.transport.expect(Answers.device())
        world.transport.expect(Answers.user("access.token.1"))
        let answer = try #require(try world.client().connect(name, Fixture.deviceOptions, world.run()))
        let json = try #require(JSON(answer.json)?.object)
        #expect(json["access_token"]?.string == "access.token.1" && json["connection"]?.string == "work")
        #expect(json["source"]?.string == "signed_in" && json["home_account_id"]?.string == "alice.contoso")
        #expect(json.keys.allSatisfy { name in Fields.token.contains { $0.name == name } })
        #expect(json.count == answer.fields.count)
        #expect(answer.value("no_such_field") == nil && json["warning"] == nil)
    }
}
