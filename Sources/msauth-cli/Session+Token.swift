internal import MSAuth

extension Session {
    func token() throws(MSAuthError) {
        let name = try invocation.name()
        let options = try callOptions()
        let answer = try run(options) { (client, run) throws(MSAuthError) in try client.acquire(name, options, run) }
        if console.isJSON { return try console.answer(answer.json) }
        if let warning = answer.warning { console.warn(ServerText.clean(warning)) }
        try console.answer(invocation.switches.contains(.header) ? answer.header : answer.token.accessToken)
    }
}

extension TokenAnswer {
    /// RFC 6750 section 2.1.
    fileprivate var header: Secret {
        var line = SecretText(capacity: token.accessToken.count + 64)
        line.append("Authorization: \(token.tokenType) ")
        line.append(token.accessToken)
        return line.finish()
    }
}
