import Testing

@testable import MSAuth

@Suite struct VocabularyTests {
    @Test("every option name has one row, and every row says what it is for")
    func complete() {
        #expect(Vocabulary.options.map(\.name.rawValue).sorted() == OptionName.allCases.map(\.rawValue).sorted())
        for option in Vocabulary.options {
            #expect(!option.help.isEmpty && !option.calls.isEmpty)
            #expect(option.help.utf8.count <= 160, "\(option.name)")
        }
    }

    @Test("a secret is never kept as a setting")
    func secretsAreCredentials() { #expect(!Vocabulary.options.contains { $0.isSecret && $0.isKept }) }

    @Test("every default is a value that the option takes")
    func defaults() throws {
        for option in Vocabulary.options {
            if let value = option.defaultValue { _ = try OptionValue.text(Secret(value), option) }
        }
    }

    @Test("an unknown name is answered with the nearest one and all that are taken")
    func nearest() throws {
        let error = #expect(throws: MSAuthError.self) { try Vocabulary.definition(named: "client_di", for: .connect) }
        #expect(error?.status == .invalidArgument)
        #expect(error?.message.contains("did you mean \"client_id\"?") == true)
        #expect(error?.message.contains("connect takes: access_token, ") == true)
        #expect(error?.message.contains(" authority, ") == true)
    }

    @Test("the description is JSON and holds every option, status and field")
    func description() throws {
        let json = try #require(JSON(Description.json(version: "1.2.3")))
        #expect(json["options"]?.array?.count == OptionName.allCases.count)
        #expect(json["statuses"]?.array?.count == Status.allCases.count)
        #expect(json["fields"]?["token"]?.array?.count == Fields.token.count)
        #expect(json["version"]?.string == "1.2.3")
    }

    @Test("status names and numbers are unique")
    func statuses() {
        #expect(Set(Status.allCases.map(\.name)).count == Status.allCases.count)
        #expect(Set(Status.allCases.map(\.help)).count == Status.allCases.count)
    }
}
