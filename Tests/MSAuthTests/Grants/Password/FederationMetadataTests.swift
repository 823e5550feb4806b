import Testing

@testable import MSAuth

@Suite struct FederationMetadataTests {
    private func endpoint(_ ports: [Federation.Port]) throws -> TrustEndpoint? {
        FederationMetadata(try FakeXML().read(Secret(Federation.metadata(ports)), sealing: "-")).endpoint
    }

    @Test("WS-Trust 1.3 comes before 2005, wherever it stands")
    func prefers() throws {
        let both = try #require(try endpoint([.init(version: .v2005), .init()]))
        #expect(both.address == Federation.address13 && both.version == .v13)
        let old = try #require(try endpoint([.init(version: .v2005)]))
        #expect(old.address == Federation.address2005 && old.version == .v2005)
    }

    @Test("the first of two that are alike counts")
    func first() throws {
        let found = try endpoint([.init(), .init(address: "https://other.contoso.com/usernamemixed")])
        #expect(found?.address == Federation.address13)
    }

    @Test("the version is that of the action, not of the address")
    func action() throws {
        let found = try endpoint([.init(version: .v13, address: Federation.address2005)])
        #expect(found?.version == .v13)
    }

    @Test(
        "nothing else is taken",
        arguments: [
            Federation.Port(address: "http://adfs.contoso.com/adfs/services/trust/13/usernamemixed"),
            .init(address: "https://user@adfs.contoso.com/x"),
            .init(transport: "http://schemas.xmlsoap.org/soap/jms"),
            .init(action: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Validate"),
            .init(token: "EndorsingSupportingTokens"),
            .init(version: .v2005, token: "SignedEncryptedSupportingTokens"),
            .init(hasTransportBinding: false),
        ])
    func others(_ port: Federation.Port) throws {
        #expect(try endpoint([port]) == nil)
        #expect(try endpoint([port, .init(version: .v2005)])?.version == .v2005)
    }

    @Test("a document without any of it has no endpoint")
    func empty() throws {
        #expect(try endpoint([]) == nil)
        #expect(FederationMetadata(try FakeXML().read(Secret("<html/>"), sealing: "-")).endpoint == nil)
    }

    @Test("without metadata AD FS's own paths say the version")
    func paths() {
        #expect(TrustEndpoint(Federation.address13)?.version == .v13)
        #expect(TrustEndpoint(Federation.address2005)?.version == .v2005)
        #expect(TrustEndpoint("https://adfs.contoso.com/adfs/ls") == nil)
        #expect(TrustEndpoint("http://adfs.contoso.com/adfs/services/trust/13/usernamemixed") == nil)
    }
}
