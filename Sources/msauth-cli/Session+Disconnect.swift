internal import MSAuth

extension Session {
    func disconnect() throws(MSAuthError) {
        let options = try callOptions()
        var failure: MSAuthError?
        var done: [String] = []
        for text in try names() {
            do throws(MSAuthError) {
                let name = try ConnectionName(text)
                try run(options) { (client, run) throws(MSAuthError) in try client.disconnect(name, options, run) }
                done.append(text)
                console.tell(
                    options[.keep] == "settings"
                        ? "Signed \"\(text)\" out; its settings are kept." : "Disconnected \"\(text)\".")
            } catch {
                if error.status == .cancelled { throw error }
                // The first one is reported at the end, as the reason of the exit status.
                if failure == nil { failure = error } else { console.fail(error) }
            }
        }
        if console.isJSON { try console.answer(Session.json(done)) }
        if let failure { throw failure }
    }

    private func names() throws(MSAuthError) -> [String] {
        let isAll = invocation.switches.contains(.all)
        guard invocation.operands.isEmpty == isAll else {
            throw .invalidArgument(
                isAll
                    ? "disconnect takes either NAMEs or --all, not both."
                    : "disconnect needs a NAME, or --all for all connections.")
        }
        guard isAll else { return invocation.operands }
        var names: [String] = []
        for fields in try summaries().map(\.fields) {
            guard let name = fields["name"] else { continue }
            if ConnectionName.isName(name) {
                names.append(name)
            } else {
                console.warn("\"\(name)\" is left alone. \(fields["problem"] ?? "")")
            }
        }
        if names.isEmpty { console.tell("There are no connections.") }
        return names
    }

    private static func json(_ names: [String]) -> Secret {
        var writer = JSONWriter()
        writer.array { array in
            for name in names { array.string(nil, name) }
        }
        return writer.finish()
    }
}
