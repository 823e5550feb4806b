internal import MSAuth

extension Session {
    /// Signs in, or begins to.
    func connect() throws(MSAuthError) {
        let name = try invocation.name()
        var options = try callOptions()
        let grant: Grant?
        var needsSecrets = true
        if let named = options[.grant] {
            grant = Grant(rawValue: named)
        } else if let before = try existing(name), let used = before.fields["grant"] {
            // The core signs in again as the connection did: naming the grant would make another connection of it.
            grant = Grant(rawValue: used)
            needsSecrets = before.fields["renewable"] != "true"
        } else {
            let implied = Session.grant(impliedBy: options)
            try options.set(.grant, implied.rawValue)
            grant = implied
        }
        if options[.grant] != nil { try options.setKeptDefaults() }
        if needsSecrets, let grant { try askForSecrets(grant, &options) }
        let chosen = options
        guard
            let answer = try run(chosen, { (client, run) throws(MSAuthError) in try client.connect(name, chosen, run) })
        else {
            let isByRedirect = grant == .authorizationCode || chosen[.adminConsent] == "true"
            let redirect = isByRedirect ? " --redirect stdin, and the address that the browser came back to" : ""
            console.tell("Then go on with: msauth resume \(name.text)\(redirect)")
            return try answerSummary(name)
        }
        try finish(name, answer)
    }

    /// Finishes what `connect` began.
    func resume() throws(MSAuthError) {
        let name = try invocation.name()
        let options = try callOptions()
        try finish(name, run(options) { (client, run) throws(MSAuthError) in try client.resume(name, options, run) })
    }

    private func finish(_ name: ConnectionName, _ answer: TokenAnswer) throws(MSAuthError) {
        let application =
            answer.key.clientID.isEmpty ? "the managed identity" : "the application \(answer.key.clientID)"
        let who = answer.account?.username ?? answer.account?.homeAccountID ?? application
        let place =
            client.environment.store.isPersistent ? "kept in the keyring" : "only in the memory of this command"
        console.tell("Signed in as \(ServerText.clean(who)): connection \"\(name.text)\" is \(place).")
        try answerSummary(name)
    }

    private func answerSummary(_ name: ConnectionName) throws(MSAuthError) {
        guard console.isJSON, let summary = try summary(name) else { return }
        try console.answer(summary.json)
    }

    /// What stands under the name; a record that cannot be read is as good as none: connect sets it aside.
    private func existing(_ name: ConnectionName) throws(MSAuthError) -> ConnectionSummary? {
        do throws(MSAuthError) { return try summary(name) } catch {
            guard error.status == .notFound || error.status == .storeCorrupt else { throw error }
            return nil
        }
    }

    /// How a new connection signs in when nobody says: by the credential that was given, or by the user.
    private static func grant(impliedBy options: Options) -> Grant {
        // A user's own credential comes first: the application's may stand beside it, and alone means something else.
        let given = Vocabulary.options.filter { options.secret($0.name) != nil }
        if let own = given.first(where: { $0.grants.count == 1 }), let grant = own.grants.first { return grant }
        if options[.clientCertificate] != nil || options[.clientCertificateKeyURI] != nil { return .certificate }
        if options[.username] != nil { return .password }
        if AssertionSource.deciding.contains(where: { options[$0] != nil }) { return .federated }
        return given.first?.grants.first ?? .deviceCode
    }

    /// Asks for what the grant needs and nobody gave. Without a terminal the core says what is missing.
    private func askForSecrets(_ grant: Grant, _ options: inout Options) throws(MSAuthError) {
        for name in grant.required where Vocabulary.definition(name).isSecret && options.secret(name) == nil {
            guard let secret = try SecretInput.ask("\(name.rawValue) (not shown): ", interrupt) else { return }
            try options.set(name.rawValue, secret)
        }
    }
}
