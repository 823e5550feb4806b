/// learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
struct AzurePipelines {
    private let settings: Settings
    private let issuer: AssertionIssuer

    init(_ settings: Settings, _ run: Run) {
        self.settings = settings
        issuer = AssertionIssuer(title: "Azure Pipelines", member: "oidcToken", run: run)
    }

    func assertion() throws(MSAuthError) -> Secret {
        let machine = issuer.run.environment.machine
        let hint =
            "Map it in the step's env (SYSTEM_ACCESSTOKEN: $(System.AccessToken)), or give the option \"system_access_token\"; "
            + "the other is set in every job."
        let given = settings.secret(.systemAccessToken)
        let names = ["SYSTEM_OIDCREQUESTURI"] + (given == nil ? ["SYSTEM_ACCESSTOKEN"] : [])
        let values = try issuer.variables(names, hint: hint)
        // Tasks that run with a service connection, such as AzureCLI@2, say which.
        let named = settings.given(.serviceConnectionID) ?? machine.variable("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")
        guard let connection = named else {
            throw .invalidArgument(
                "Azure Pipelines needs the option \"service_connection_id\": "
                    + "\(Vocabulary.definition(.serviceConnectionID).help).")
        }
        var query = FormBody()
        query.add("api-version", "7.1")
        query.add("serviceConnectionId", connection)
        var base = values[0]
        while base.hasSuffix("/") { base.removeLast() }
        let token = given ?? Secret(values.last ?? "")
        return try issuer.assertion(
            HTTPRequest(
                url: issuer.address(names[0], base, adding: query), body: Secret(""), contentType: "application/json",
                secrets: [token],
                headers: [
                    ("Authorization", "Bearer \(token.text())"),
                    // Who is not signed in is told so, instead of being sent to a sign-in page.
                    ("X-TFS-FedAuthRedirect", "Suppress"),
                ]))
    }
}
