import Testing

@testable import MSAuth

@Suite struct TenantRuleTests {
    private func takes(_ grant: Grant, _ tenant: String) -> Bool {
        status { try grant.checkTenant(of: Authority(cloud: .public, tenant: tenant)) } == nil
    }

    @Test("each grant takes the tenants that the service takes for it", arguments: Grant.allCases)
    func table(_ grant: Grant) {
        let all = ["common", "organizations", "consumers"]
        let taken = all.filter { takes(grant, $0) }
        switch grant.tenants {
        case .any, .none: #expect(taken == all)
        case .organization: #expect(taken == ["organizations"])
        case .one: #expect(taken.isEmpty)
        }
        #expect(takes(grant, "contoso.com"))
        #expect(takes(grant, "c0de0000-0000-4000-8000-000000000001"))
    }

    @Test("a person's grants take every tenant, an application's own one alone")
    func rows() {
        #expect(Grant.deviceCode.tenants == .any)
        #expect(Grant.interactive.tenants == .any)
        #expect(Grant.allCases.filter(\.isApplication).allSatisfy { $0.tenants == .one })
    }

    @Test("a password's tenant may be the organizations', but not one with personal accounts")
    func organization() {
        func problem(_ tenant: String) -> String? {
            TenantRule.organization.problem(with: Authority(cloud: .public, tenant: tenant))
        }
        #expect(problem("organizations") == nil)
        #expect(problem("contoso.com") == nil)
        #expect(problem("Common")?.contains("organizations") == true)
        #expect(problem("consumers") != nil)
    }

    @Test("AD FS has no tenants to be wrong about")
    func adfs() throws {
        #expect(throws: Never.self) { try Grant.clientSecret.checkTenant(of: try Authority("https://h/adfs")) }
    }
}
