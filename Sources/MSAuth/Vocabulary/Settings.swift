/// The options that hold for one call: looked for in the call, then in the connection, then in the client.
package struct Settings: Sendable {
    private let call: Options
    private let connection: [OptionName: String]
    private let credentials: [OptionName: Secret]
    private let client: Options
    /// What the machine says by itself: it counts least.
    private var surroundings: [OptionName: String] = [:]

    package init(call: Options, record: Record? = nil, client: Options) {
        self.call = call
        connection = record?.settings ?? [:]
        credentials = record?.credentials ?? [:]
        self.client = client
    }

    package subscript(_ name: OptionName) -> String? {
        given(name) ?? Vocabulary.definition(name).defaultValue
    }

    /// Without the table's default: for what is only compared or required.
    package func given(_ name: OptionName) -> String? {
        call[name] ?? connection[name] ?? client[name] ?? surroundings[name]
    }

    /// With what the machine says, for a grant that it sets up.
    func completed(_ machine: any Machine) throws(MSAuthError) -> Settings {
        guard try grant == .workloadIdentity else { return self }
        var settings = self
        settings.surroundings = try WorkloadIdentity.options(of: machine, under: self)
        return settings
    }

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

    /// The cloud that was named, or the one whose host the authority is.
    package var cloud: Cloud {
        if let word = given(.cloud), let cloud = Cloud(rawValue: word) { return cloud }
        guard let host = given(.authority).flatMap({ Address($0)?.host }) else { return .public }
        return Cloud.of(host) ?? .public
    }

    /// What the token is for can be said in four ways: the nearest of the three places that says any of them counts.
    package var wanted: Wanted? {
        [call.wanted, Wanted { connection[$0] }, client.wanted].first { !$0.isEmpty }
    }

    package var scopes: Scopes {
        get throws(MSAuthError) {
            if let scopes = try wanted?.scopes(self) { return scopes }
            // A broker's application knows by itself what for.
            if try grant == .tokenBroker { return Scopes("") }
            let authority = try Authority(self)
            guard authority.kind.hasGraph else {
                throw .invalidArgument(
                    "\(authority) issues no tokens for Microsoft Graph: the option \"scopes\" or \"resource\" says what the token "
                        + "is for.")
            }
            return Scopes(resource: try Service.graph.required(in: cloud))
        }
    }

    /// Of a path and bytes that stand for each other, what the nearest of the three places gives.
    func nearest(path: OptionName, bytes: OptionName) -> (path: String?, bytes: Secret?) {
        let places = [
            (call[path], call.secret(bytes)), (connection[path], credentials[bytes]),
            (client[path], client.secret(bytes)),
        ]
        return places.first { $0 != nil || $1 != nil } ?? (nil, nil)
    }

    /// Of options that belong together or exclude each other, those that the nearest of the three places gives.
    package func nearest(of names: [OptionName]) -> [(name: OptionName, value: String)] {
        let places: [(OptionName) -> String?] = [{ call[$0] }, { connection[$0] }, { client[$0] }]
        for place in places {
            let said = names.compactMap { name in place(name).map { (name: name, value: $0) } }
            if !said.isEmpty { return said }
        }
        return []
    }

    /// The names alone of those, secrets among them.
    func nearestNames(of names: [OptionName]) -> [OptionName] {
        let places: [(OptionName) -> Bool] = [
            { call[$0] != nil || call.secret($0) != nil }, { connection[$0] != nil || credentials[$0] != nil },
            { client[$0] != nil || client.secret($0) != nil },
        ]
        return places.map { names.filter($0) }.first { !$0.isEmpty } ?? []
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

    static func missing(_ name: OptionName, _ grant: Grant) -> MSAuthError {
        .invalidArgument(
            "The grant \(grant.rawValue) needs the option \"\(name.rawValue)\": \(Vocabulary.definition(name).help).")
    }
}

/// What one place says a token is for.
package struct Wanted {
    /// The options that say it; one at a time.
    package static let names: [OptionName] = [.scopes, .resource, .service, .url]

    private let said: [(name: OptionName, value: String)]

    init(_ value: (OptionName) -> String?) {
        said = Wanted.names.compactMap { name in value(name).map { (name, $0) } }
    }

    var isEmpty: Bool { said.isEmpty }

    func scopes(_ settings: Settings) throws(MSAuthError) -> Scopes? {
        if let resource = try resource(settings) { return Scopes(resource: resource) }
        return said.first.map { Scopes($0.value) }
    }

    /// Nil where it is said in scopes, or not at all.
    func resource(_ settings: Settings) throws(MSAuthError) -> String? {
        guard let (name, value) = said.first else { return nil }
        guard said.count == 1 else {
            let names = said.map { "\"\($0.name.rawValue)\"" }.joined(separator: " and ")
            throw .invalidArgument("The options \(names) exclude each other: give one of them.")
        }
        switch name {
        case .service:
            guard let service = Service(rawValue: value) else {
                throw MSAuthError(
                    .unsupported, "This release of libmsauth does not know the service \(value.quotedForMessage).")
            }
            return try service.required(settings)
        case .url: return try ResourceAddress.resource(of: value)
        case .resource: return value
        default: return nil
        }
    }
}

extension Options {
    package var wanted: Wanted { Wanted { self[$0] } }
}
