extension Client {
    package func disconnect(_ name: ConnectionName?, _ options: Options, _ run: Run) throws(MSAuthError) {
        let shelf = shelf(name, run)
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        if options[.keep] == "settings" {
            let record = try shelf.find()
            try shelf.save(Record(settings: record.settings, over: record))
        } else {
            let wasThere = try shelf.forget()
            if !wasThere, let name { throw .notFound(name.text) }
        }
    }
}
