/// A connection as a list shows it: nothing secret.
package struct ConnectionSummary: Sendable {
    package let fields: [String: String]

    package init(_ name: String, _ record: Record, store: String) {
        var fields = ["name": name, "store": store]
        let settings = record.beginning.settings
        fields["grant"] = settings[.grant]
        fields["client_id"] = settings[.clientID]
        fields["tenant"] = record.account?.tenant ?? settings[.tenant]
        fields["authority"] = settings[.authority]
        fields["scopes"] = try? Settings(call: Options(), record: Record(settings: settings), client: Options())
            .scopes.description
        fields["username"] = record.account?.username
        fields["home_account_id"] = record.account?.homeAccountID
        fields["expires_on"] = record.tokens.values.map(\.expiresOn).max().map(String.init)
        fields["renewable"] = record.isRenewable ? "true" : "false"
        fields["pending"] = record.pending == nil ? "false" : "true"
        self.fields = fields
    }

    /// One whose record cannot be read.
    package init(_ name: String, problem: String, store: String) {
        fields = ["name": ServerText.clean(name, limit: 256), "store": store, "problem": problem]
    }
}

extension Client {
    /// One connection, or all that are stored, by name.
    package func list(_ name: ConnectionName?, _ run: Run) throws(MSAuthError) -> [ConnectionSummary] {
        let store = run.environment.store
        if let name {
            guard let record = try shelf(name, run).load() else { throw .notFound(name.text) }
            return [ConnectionSummary(name.text, record, store: store.name)]
        }
        return try store.list(run.cancellation).sorted { $0.name < $1.name }.map { stored in
            guard ConnectionName.isName(stored.name) else {
                return ConnectionSummary(
                    stored.name, problem: "Its name is none that libmsauth gives; another program made it.",
                    store: store.name)
            }
            let records = stored.records.compactMap { try? RecordFormat.read($0) }
            guard let newest = records.max(by: { $0.generation < $1.generation }) else {
                return ConnectionSummary(stored.name, problem: "Its record cannot be read.", store: store.name)
            }
            return ConnectionSummary(stored.name, newest, store: store.name)
        }
    }
}

extension ConnectionSummary {
    package static func json(_ connections: [ConnectionSummary]) -> Secret {
        var writer = JSONWriter(capacity: 8192)
        writer.array { array in
            for connection in connections {
                array.object { object in
                    for field in Fields.connection {
                        object.field(field, ifAny: connection.fields[field.name].map { Secret($0) })
                    }
                }
            }
        }
        return writer.finish()
    }
}
