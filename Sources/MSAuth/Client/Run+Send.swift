extension Run {
    /// Sends one request. The log shows `address`, which may say less than the request's own, and what it is about.
    func send(
        _ request: HTTPRequest, showing address: String, _ about: @autoclosure () -> String? = nil
    ) throws(MSAuthError) -> HTTPResponse {
        var request = request
        request.timeout = try remaining()
        environment.log.write { "\(request.method) \(address) \(about() ?? "correlation_id=\(correlationID)")" }
        let response: HTTPResponse
        do { response = try environment.transport.send(request, cancellation) } catch {
            // The caller's own limit says nothing about the network.
            _ = try remaining()
            throw error
        }
        environment.log.write { "\(address) answered \(response.status)" }
        return response
    }

    /// A failing service gets one more chance after a second, as Microsoft's own libraries give it; one that says when to
    /// come back is left alone until then.
    func sendTwice(
        _ request: HTTPRequest, showing address: String, _ about: @autoclosure () -> String? = nil
    ) throws(MSAuthError) -> HTTPResponse {
        let response = try send(request, showing: address, about())
        guard (500...599).contains(response.status), response.retryAfter == nil else { return response }
        environment.log.write { "\(address) answered \(response.status): trying once more" }
        try sleep(1)
        return try send(request, showing: address, about())
    }
}
