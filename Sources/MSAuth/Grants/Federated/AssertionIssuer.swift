/// Asks a pipeline's own service for an assertion about the job that runs.
struct AssertionIssuer {
    let title: String
    /// The member of the answer that holds the assertion.
    let member: String
    let run: Run

    /// The variables that the platform sets in a job, all of them or the sentence that says which are missing.
    func variables(_ names: [String], hint: String) throws(MSAuthError) -> [String] {
        let machine = run.environment.machine
        let values = names.compactMap { machine.variable($0) }
        guard values.count == names.count else {
            let missing = names.filter { machine.variable($0) == nil }
            let verb = missing.count == 1 ? "is" : "are"
            throw MSAuthError(
                .unsupported,
                "\(title) gives this process no assertion: \(missing.joined(separator: " and ")) \(verb) not set.",
                hint: hint)
        }
        return values
    }

    /// The address that a variable holds, with more in its query.
    func address(_ variable: String, _ text: String, adding query: FormBody) throws(MSAuthError) -> String {
        guard Address(text) != nil else {
            throw MSAuthError(
                .configuration, "The variable \(variable) is \(text.quotedForMessage), which is no https address.",
                hint: "\(title) sets it: look for what has changed it.")
        }
        return text + (text.contains("?") ? "&" : "?") + query.encoded().text()
    }

    func assertion(_ request: HTTPRequest) throws(MSAuthError) -> Secret {
        let response = try run.sendTwice(request, showing: request.origin, "assertion from \(title)")
        guard response.status == 200 else { throw refusal(response, request) }
        guard let text = JSON(response.body)?[member]?.string else {
            throw MSAuthError(.untrusted, "\(title) answered without an assertion.")
        }
        return try FederatedAssertion(Secret(text), origin: "The answer of \(title)").text
    }

    private func refusal(_ response: HTTPResponse, _ request: HTTPRequest) -> MSAuthError {
        let standard = ServiceError(response, secrets: request.secrets).error
        let said = JSON(response.body)?["message"]?.string ?? ""
        let text = ServerText.clean(ServerText.redact(said, request.secrets))
        let sentence =
            text.isEmpty ? "\(title) gave no assertion: HTTP \(response.status)." : "\(title) refused: \(text)"
        let (status, hint): (Status, String?) =
            switch response.status {
            case 300...399: (.untrusted, "Requests for an assertion follow no redirect.")
            case 401, 403: (.badCredential, "The job's token is over, or may not ask for an assertion.")
            case 404: (.configuration, "Check the service connection, and whether the job may use it.")
            default: (standard.status, standard.hint)
            }
        return MSAuthError(status, sentence, hint: hint, service: standard.service)
    }
}
