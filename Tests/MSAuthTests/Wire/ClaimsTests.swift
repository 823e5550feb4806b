import Testing

@testable import MSAuth

@Suite struct ClaimsTests {
    @Test("the capability is merged into the challenge without losing any of it")
    func merged() throws {
        let challenge = "{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1\"}},\"id_token\":{}}"
        let merged = try #require(Claims.merged(challenge, cae: true).flatMap { JSON(Secret($0)) })
        #expect(merged["access_token"]?["xms_cc"]?["values"]?.array == [.string("cp1")])
        #expect(merged["access_token"]?["nbf"]?["value"]?.string == "1")
        #expect(merged["id_token"] != nil)
    }

    @Test("without continuous access evaluation the challenge stays as it is")
    func untouched() {
        #expect(Claims.merged(nil, cae: false) == nil)
        #expect(Claims.merged("{}", cae: false) == "{}")
        #expect(Claims.merged(nil, cae: true) == "{\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}}}")
    }
}
