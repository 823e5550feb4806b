extension Client {
    /// Redeems a refresh token that another program got, and keeps what comes: from then on it is like any user's
    /// connection. The other program's copy may be worthless afterwards.
    func importRefreshToken(
        _ shelf: Shelf, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ before: Record?,
        _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let refreshToken = try settings.requiredSecret(.refreshToken, .refreshToken)
        let identity = try ClientIdentity(settings, .refreshToken)
        let scopes = try settings.scopes
        let cae = settings.flag(.cae)
        let sent = Moment(environment.clock)
        let response = try SignIn(
            .refreshToken, settings, identity, scopes, claims: Claims.merged(options[.claims], cae: cae), run
        ).refresh(refreshToken, of: nil)
        let key = identity.key(scopes, cae: cae)
        var record = Record(settings: kept)
        record.refreshToken = refreshToken
        record.take(response, for: key, sent: sent)
        let again = options[.grant] == nil ? before?.makingWay(for: options) : nil
        if let account = again?.account, record.account?.homeAccountID != account.homeAccountID {
            throw MSAuthError(
                .account,
                "The refresh token is not \(account.username ?? account.homeAccountID)'s, whose connection it is.",
                hint: "Name the \"grant\" to make a new connection of it.")
        }
        record.credentials = options.keptCredentials(of: .refreshToken, settings, over: again?.credentials ?? [:])
        return try replace(with: record, key, shelf)
    }

    /// Keeps an access token that another program got. Nobody is asked; nothing can renew it.
    func importAccessToken(
        _ shelf: Shelf, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let cloud = settings.cloud
        let imported = try ImportedToken(
            settings.requiredSecret(.accessToken, .accessToken), cloud, now: environment.clock.wall)
        if let named = options[.clientID], let clientID = imported.clientID, named.lowercased() != clientID.lowercased()
        {
            throw .invalidArgument(
                "The access token was issued to the application \(clientID), not to the \"client_id\" \(named).")
        }
        if let asked = try options.wanted.scopes(settings), !Audience.covers(imported.audience, asked, cloud) {
            throw .invalidArgument("The access token is for \(imported.audience), not for \(asked).")
        }
        // What the token says of itself counts more than what was said about it.
        var own = kept.filter { !Wanted.names.contains($0.key) }
        own[.resource] = imported.audience
        own[.clientID] = imported.clientID ?? own[.clientID]
        own[.tenant] = imported.tenant ?? own[.tenant]
        var record = Record(settings: own)
        let found = Settings(call: Options(), record: record, client: self.options)
        let identity = try ClientIdentity(found, .accessToken)
        let key = identity.key(Scopes(resource: imported.audience), cae: found.flag(.cae))
        record.tokens[key] = imported.token
        record.account = imported.account(key.authority)
        return try replace(with: record, key, shelf, samePerson: options[.grant] == nil)
    }
}

extension Wish {
    /// An imported token is for one resource, by whichever of its scopes it is asked for.
    static func scopes(
        of grant: Grant, _ settings: Settings, _ record: Record
    ) throws(MSAuthError) -> Scopes {
        let asked = try settings.scopes
        guard grant == .accessToken, let audience = record.settings[.resource] else { return asked }
        guard Audience.covers(audience, asked, settings.cloud) else {
            throw MSAuthError(
                .interactionRequired,
                "The connection has an imported access token for \(audience), and none for \(asked).",
                hint:
                    "Import a token for that under a name of its own, or connect by a grant that can get more than one."
            )
        }
        return Scopes(resource: audience)
    }

    static let nothingRenews = MSAuthError(
        .interactionRequired,
        "The access token was imported: nothing can renew it, and it is over or was to be renewed.",
        hint: "Connect again with a new \"access_token\", or by a grant that can renew one.")
}
