extension Client {
    package func disconnect(_ name: ConnectionName?, _ options: Options, _ run: Run) throws(MSAuthError) {
        let shelf = shelf(name, run)
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        if options[.keep] == "settings" {
            let record = try shelf.find()
            var emptied = Record(settings: record.settings)
            emptied.generation = record.generation
            emptied.unknown = record.unknown
            emptied.unknownSettings = record.unknownSettings
            try shelf.save(emptied)
        } else {
            let wasThere = try shelf.forget()
            if !wasThere, let name { throw .notFound(name.text) }
        }
    }
}
