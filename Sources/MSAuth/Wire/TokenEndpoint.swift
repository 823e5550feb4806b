/// Sends requests to an authority and gives back what its answers say. It decides nothing else.
package struct TokenEndpoint: Sendable {
    private let run: Run

    package init(_ run: Run) { self.run = run }

    package func redeem(_ request: TokenRequest) throws(MSAuthError) -> TokenResponse {
        let throttle = run.environment.throttle
        if run.isThrottled { try throttle.check(request, run.environment) }
        let answer: HTTPResponse
        do {
            answer = try send(request.form, to: request.endpoint, by: request.proxy, headers: request.headers)
        } catch {
            try throttle.remember(error, request, run.environment)
            throw error
        }
        try throttle.forget(request, run.environment)
        return try TokenResponse(answer)
    }

    /// RFC 8628 section 3.1.
    package func authorizeDevice(_ identity: ClientIdentity, _ scopes: Scopes) throws(MSAuthError)
        -> DeviceAuthorization
    {
        var form = FormBody()
        form.add("client_id", identity.clientID)
        form.add("scope", scopes.withReserved)
        let endpoint = try identity.authority.deviceAuthorizationEndpoint
        return try DeviceAuthorization(send(form, to: endpoint))
    }

    private func send(
        _ form: FormBody, to url: String, by proxy: TokenProxy? = nil, headers: [(name: String, value: String)] = []
    ) throws(MSAuthError) -> HTTPResponse {
        var request = HTTPRequest(
            url: url, form: form,
            headers: [
                ("client-request-id", run.correlationID), ("return-client-request-id", "true"),
                // What we do with a 429: Entra then answers with one.
                ("x-ms-lib-capability", "retry-after, h429"),
            ] + headers)
        proxy?.lead(&request)
        let way = proxy == nil ? "" : "by AKS's token proxy "
        let response = try run.sendTwice(
            request, showing: url,
            "\(way)grant_type=\(form.plain("grant_type") ?? "-") correlation_id=\(run.correlationID)")
        return try checked(response, form)
    }

    private func checked(_ response: HTTPResponse, _ form: FormBody) throws(MSAuthError) -> HTTPResponse {
        // 201 is seen from gateways in front of Entra.
        if response.status == 200 || response.status == 201 { return response }
        throw ServiceError(response, secrets: form.secrets).error
    }
}

extension FormBody {
    func plain(_ name: String) -> String? {
        for field in fields where field.name == name {
            if case .plain(let value) = field.value { return value }
        }
        return nil
    }
}

/// A random (version 4) UUID, RFC 9562 section 5.4.
enum UUID4 {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { hex[$0].joined() }.joined(separator: "-")
    }
}
