internal import MSAuth

extension Session {
    func status() throws(MSAuthError) {
        let name = try invocation.name()
        guard let summary = try summary(name) else { throw .notFound(name.text) }
        try console.answer(console.isJSON ? summary.json : Secret(summary.lines(now: client.environment.clock.wall)))
    }

    func list() throws(MSAuthError) {
        try invocation.refuseOperands()
        let connections = try summaries()
        if console.isJSON { return try console.answer(ConnectionSummary.json(connections)) }
        if connections.isEmpty { return console.tell("There are no connections. Make one with msauth connect.") }
        guard invocation.switches.contains(.names) else {
            return try console.answer(ConnectionSummary.table(connections, now: client.environment.clock.wall))
        }
        // Another program may have made items with names that a shell would take for more than a name.
        let names = connections.compactMap { $0.fields["name"] }.filter { ConnectionName.isName($0) }
        if !names.isEmpty { try console.answer(names.joined(separator: "\n")) }
    }
}
