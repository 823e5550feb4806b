extension Client {
    /// How long a person has for the sign-in page when the caller sets no limit.
    private static let patience = 300.0

    /// The sign-in page in a browser of this machine, which comes back to a port of ours.
    func interact(
        _ shelf: Shelf, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ before: Record?,
        _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let place = try LoopbackPlace(settings)
        let command = try environment.browser.command(settings[.browser])
        let seconds = try run.remaining() ?? Client.patience
        // Taken before anybody is sent there: no other program can answer in our place.
        let port = try environment.listener.listen(on: place.host, port: place.port)
        defer { port.close() }
        let (request, address, pending) = try authorize(
            .interactive, settings, kept, options, before, redirectURI: place.address(port: port.number),
            seconds: Int(seconds), run)
        let code = try run.cancellation.interrupting(by: { port.interrupt() }) { () throws(MSAuthError) in
            run.show(Prompt(address, request.state, expiresOn: pending.expiresOn, opensBrowser: command != nil))
            if let command, !environment.browser.open(address, by: command) {
                environment.log.write { "\(command.first ?? "") could not be started" }
            }
            return try hear(port, place, request, seconds: seconds, run)
        }
        port.close()
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        let record = try shelf.load() ?? Record()
        let hint = settings.given(.loginHint)
        return try redeem(code, request, pending, .interactive, settings, over: record, loginHint: hint, shelf, run)
    }

    /// Waits for the browser. Whatever else arrives is answered, and waiting goes on: anybody can find a port.
    private func hear(
        _ port: any LoopbackPort, _ place: LoopbackPlace, _ request: AuthorizationRequest, seconds: Double, _ run: Run
    ) throws(MSAuthError) -> AuthorizationCode {
        var response: AuthorizationResponse?
        let isAnswered = try port.serve(seconds: seconds, run.cancellation) { arrived in
            let parameters: Parameters
            switch arrived.parameters(for: place.uri, port: port.number) {
            case .success(let found): parameters = found
            case .failure(let refusal): return refusal
            }
            do throws(MSAuthError) {
                let found = try AuthorizationResponse(parameters, to: request)
                response = found
                guard case .refused(let error) = found else { return .signedIn }
                return .notSignedIn(error.message, error.hint)
            } catch {
                run.environment.log.write { "a request to the port was refused: \(error.message)" }
                return .refusal(400, error.message)
            }
        }
        guard isAnswered, let response else {
            throw MSAuthError(
                .expired, "Nobody signed in in time.", hint: "Sign in again; \"timeout\" gives more time.")
        }
        switch response {
        case .code(let code): return code
        case .refused(let error): throw error
        }
    }
}

/// Where the browser comes back to.
struct LoopbackPlace {
    let host: LoopbackHost
    let port: Int?
    let uri: RedirectURI
    /// As the application's registration has it: an empty path stays one.
    private let path: String

    init(_ settings: Settings) throws(MSAuthError) {
        let text = settings.given(.redirectURI) ?? "http://localhost"
        guard let uri = RedirectURI(text), uri.scheme == "http", let host = LoopbackHost(rawValue: uri.host),
            !text.contains("?")
        else {
            throw .invalidArgument(
                "The grant interactive takes as \"redirect_uri\" only an address of this machine, such as "
                    + "http://localhost, not \(text.quotedForMessage).")
        }
        self.uri = uri
        self.host = host
        port = uri.port ?? settings.given(.port).flatMap { Int($0) }
        path = uri.path == "/" && !text.hasSuffix("/") ? "" : uri.path
    }

    /// RFC 8252 section 7.3: the port may be any.
    func address(port: Int) -> String { "http://\(host.rawValue):\(port)\(path)" }
}
