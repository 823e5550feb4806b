/// One HTTP request that arrived on a port of ours.
package struct LoopbackRequest: Sendable {
    package var method: String
    /// The path and the query, as they came.
    package var target: Secret
    package var host: String
    package var contentType: String
    package var body: Secret

    package init(method: String, target: Secret, host: String, contentType: String = "", body: Secret = Secret("")) {
        self.method = method
        self.target = target
        self.host = host
        self.contentType = contentType
        self.body = body
    }

    /// The parameters in it, when it is what the sign-in page sends a browser with; else what to answer.
    ///
    /// A browser asks for more than that by itself: an icon, or nothing at all on a connection that it opened early.
    func parameters(for uri: RedirectURI, port: Int) -> Result<Parameters, LoopbackAnswer> {
        // A page elsewhere can send a browser here under a name of its own (DNS rebinding): that one is not ours.
        guard LoopbackHost.allCases.contains(where: { "\($0.rawValue):\(port)" == host.lowercased() }) else {
            return .failure(.refusal(400, "This is not the address that the sign-in comes back to."))
        }
        let question = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        guard String(decoding: target[..<question], as: UTF8.self) == uri.path else {
            return .failure(.refusal(404, "There is nothing here."))
        }
        let text: Secret
        switch method {
        case "GET": text = Secret(target[question...].dropFirst())
        case "POST":
            guard contentType.lowercased().hasPrefix("application/x-www-form-urlencoded") else {
                return .failure(.refusal(415, "Only a form is taken here."))
            }
            text = body
        default: return .failure(.refusal(405, "Only the sign-in page sends something here."))
        }
        guard let parameters = Parameters(text) else {
            return .failure(.refusal(400, "This is not what the sign-in page sends."))
        }
        return .success(parameters)
    }
}
