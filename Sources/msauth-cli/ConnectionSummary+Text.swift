internal import MSAuth

extension ConnectionSummary {
    var json: Secret {
        Console.object { object in
            for field in Fields.connection { object.field(field, ifAny: fields[field.name].map { Secret($0) }) }
        }
    }

    /// One line for each thing that is known of it.
    func lines(now: Int) -> String {
        Fields.connection.compactMap { field in
            guard let value = fields[field.name] else { return nil }
            return field.name.replacing("_", with: " ").padded(to: 18) + said(field, value, now)
        }.joined(separator: "\n")
    }

    private func said(_ field: Field, _ value: String, _ now: Int) -> String {
        switch field.kind {
        case .time: Int(value).map { LocalTime($0, now: now).text } ?? value
        case .flag: value == "true" ? "yes" : "no"
        default: ServerText.clean(value)
        }
    }

    /// Columns, with a line of their names: for people; programs take JSON.
    static func table(_ connections: [ConnectionSummary], now: Int) -> String {
        let rows = [["NAME", "ACCOUNT", "GRANT", "TENANT", "TOKEN"]] + connections.map { $0.row(now: now) }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0.padded(to: $1 + 2) }
            return String(cells.joined().trimmedEnd)
        }.joined(separator: "\n")
    }

    private func row(now: Int) -> [String] {
        let account = fields["username"] ?? fields["client_id"]
        return [fields["name"], account, fields["grant"], fields["tenant"]].map {
            $0.map { ServerText.clean($0) } ?? "-"
        }
            + [state(now: now)]
    }

    /// What matters first: that it is unreadable, that a token is there, or how one could be had.
    private func state(now: Int) -> String {
        if fields["problem"] != nil { return "unreadable" }
        if let expiry = fields["expires_on"].flatMap({ Int($0) }), expiry > now {
            return "for \(LocalTime.duration(expiry - now))"
        }
        if fields["pending"] == "true" { return "sign-in pending" }
        return fields["renewable"] == "true" ? "renewable" : "none"
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }

    fileprivate var trimmedEnd: Substring {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return self[...last]
    }
}
