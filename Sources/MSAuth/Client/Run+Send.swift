extension Run {
    /// Sends what is no token request; the log shows the address without the user in it.
    func send(_ request: HTTPRequest, showing address: String) throws(MSAuthError) -> HTTPResponse {
        var request = request
        request.timeout = try remaining()
        environment.log.write { "\(request.method) \(address) correlation_id=\(correlationID)" }
        let response: HTTPResponse
        do { response = try environment.transport.send(request, cancellation) } catch {
            // The caller's own limit says nothing about the network.
            _ = try remaining()
            throw error
        }
        environment.log.write { "\(address) answered \(response.status)" }
        return response
    }

    /// A question that changes nothing gets a second chance from a failing service.
    func sendTwice(_ request: HTTPRequest, showing address: String) throws(MSAuthError) -> HTTPResponse {
        let response = try send(request, showing: address)
        guard (500...599).contains(response.status), response.retryAfter == nil else { return response }
        environment.log.write { "\(address) answered \(response.status): trying once more" }
        try sleep(1)
        return try send(request, showing: address)
    }
}
