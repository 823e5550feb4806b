/// docs.github.com/actions/reference/security/oidc
struct GitHubActions {
    private let issuer: AssertionIssuer

    init(_ run: Run) { issuer = AssertionIssuer(title: "GitHub Actions", member: "value", run: run) }

    func assertion(audience: String) throws(MSAuthError) -> Secret {
        let names = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
        let values = try issuer.variables(
            names, hint: "The job needs \"permissions: id-token: write\"; pull requests from forks have none.")
        var query = FormBody()
        query.add("audience", audience)
        let token = Secret(values[1])
        return try issuer.assertion(
            HTTPRequest(
                get: issuer.address(names[0], values[0], adding: query),
                headers: [("Authorization", "Bearer \(token.text())")], secrets: [token]))
    }
}
