/// The options that hold for one call: looked for in the call, then in the connection, then in the client.
package struct Settings: Sendable {
    private let call: Options
    private let connection: [OptionName: String]
    private let credentials: [OptionName: Secret]
    private let client: Options

    package init(call: Options, record: Record? = nil, client: Options) {
        self.call = call
        connection = record?.settings ?? [:]
        credentials = record?.credentials ?? [:]
        self.client = client
    }

    package subscript(_ name: OptionName) -> String? {
        call[name] ?? connection[name] ?? client[name] ?? Vocabulary.definition(name).defaultValue
    }

    /// Without the table's default: for what is only compared or required.
    package func given(_ name: OptionName) -> String? { call[name] ?? connection[name] ?? client[name] }

    package func secret(_ name: OptionName) -> Secret? {
        call.secret(name) ?? credentials[name] ?? client.secret(name)
    }

    package func flag(_ name: OptionName) -> Bool { self[name] == "true" }

    package func seconds(_ name: OptionName) -> Int { self[name].flatMap { Int($0) } ?? 0 }

    /// Nil where nobody said. A record may have one that only a later release knows.
    package var grant: Grant? {
        get throws(MSAuthError) {
            guard let word = given(.grant) else { return nil }
            guard let grant = Grant(rawValue: word) else {
                throw MSAuthError(
                    .unsupported, "This release of libmsauth does not know the grant \(word.quotedForMessage).",
                    hint: "A later release made this connection: use that one, or connect again.")
            }
            return grant
        }
    }

    /// Scopes and resource are two ways to say one thing: the nearest of the three places that says either counts.
    package var scopes: Scopes {
        get throws(MSAuthError) {
            for place in [call.wanted, Wanted(connection[.scopes], connection[.resource]), client.wanted] {
                if let scopes = try place.scopes { return scopes }
            }
            return Scopes.graph
        }
    }

    /// The value, or the error that says which grant needs it and where it may be set.
    package func required(_ name: OptionName, _ grant: Grant) throws(MSAuthError) -> String {
        guard let value = given(name) else { throw Settings.missing(name, grant) }
        return value
    }

    package func requiredSecret(_ name: OptionName, _ grant: Grant) throws(MSAuthError) -> Secret {
        guard let value = secret(name) else { throw Settings.missing(name, grant) }
        return value
    }

    private static func missing(_ name: OptionName, _ grant: Grant) -> MSAuthError {
        .invalidArgument(
            "The grant \(grant.rawValue) needs the option \"\(name.rawValue)\": \(Vocabulary.definition(name).help).")
    }
}

/// What one place says a token is for.
private struct Wanted {
    let scopesText: String?
    let resource: String?

    init(_ scopes: String?, _ resource: String?) {
        scopesText = scopes
        self.resource = resource
    }

    var scopes: Scopes? {
        get throws(MSAuthError) {
            if let scopesText {
                guard resource == nil else {
                    throw .invalidArgument(
                        "The options \"scopes\" and \"resource\" exclude each other: give one of them.")
                }
                return Scopes(scopesText)
            }
            return resource.map { Scopes(resource: $0) }
        }
    }
}

extension Options {
    fileprivate var wanted: Wanted { Wanted(self[.scopes], self[.resource]) }
}
