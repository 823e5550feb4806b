/// The record as JSON text, format 1.
///
/// It is written by hand into memory that is wiped, and read leniently: a member that is not understood is carried along.
package enum RecordFormat {
    static let version = 1

    /// Leaves the oldest access tokens out when the text would be longer than a keyring likes.
    package static func write(_ record: Record, name: String) throws(MSAuthError) -> Secret {
        var record = record
        var text = encode(record, name: name)
        while text.count > Record.maxBytes, !record.tokens.isEmpty {
            record.dropOldestTokens(bytes: text.count - Record.maxBytes)
            text = encode(record, name: name)
        }
        guard text.count <= Record.maxBytes else {
            throw MSAuthError(
                .storeUnavailable, "The record of \"\(name)\" is \(text.count) bytes long; a keyring takes 256 KiB.",
                hint: "Keep fewer or shorter options in this connection.")
        }
        return text
    }

    package static func read(_ text: Secret) throws(MSAuthError) -> Record {
        guard text.count <= 4 * Record.maxBytes, let json = JSON(text), var members = json.object else {
            throw unreadable("is not JSON")
        }
        guard let version = members.removeValue(forKey: "version")?.integer else { throw unreadable("has no version") }
        guard version == RecordFormat.version else {
            throw unreadable("has the format \(version), which a later release of libmsauth made")
        }
        members["name"] = nil
        var record = Record()
        record.generation = min(max(members.removeValue(forKey: "generation")?.integer ?? 0, 0), maxGeneration)
        for (name, value) in members.removeValue(forKey: "settings")?.object ?? [:] {
            if let option = OptionName(rawValue: name), let text = value.string {
                record.settings[option] = text
            } else {
                record.unknown.settings[name] = value
            }
        }
        for (name, value) in members.removeValue(forKey: "credentials")?.object ?? [:] {
            if let option = OptionName(rawValue: name), let text = value.string {
                record.credentials[option] = Secret(text)
            } else {
                record.unknown.credentials[name] = value
            }
        }
        record.account = members.removeValue(forKey: "account").flatMap(account)
        record.gate = members.removeValue(forKey: "gate").flatMap(gate)
        record.refreshToken = members.removeValue(forKey: "refresh_token")?.string.map { Secret($0) }
        record.idToken = members.removeValue(forKey: "id_token")?.string.map { Secret($0) }
        record.signedInWith = members.removeValue(forKey: "signed_in_with")?.string
        for value in members.removeValue(forKey: "tokens")?.array ?? [] {
            if let (key, token) = token(value) {
                record.tokens[key] = token
            } else {
                record.unknown.tokens.append(value)
            }
        }
        if let value = members.removeValue(forKey: "pending") {
            record.pending = pending(value)
            if record.pending == nil { record.unknown.pending = value }
        }
        record.unknown.members = members
        return record
    }

    /// Far from where a sum could overflow, and from anything that ever happens.
    private static let maxGeneration = 1 << 53

    private static func encode(_ record: Record, name: String) -> Secret {
        var writer = JSONWriter(capacity: 8192)
        writer.object { document in
            document.number("version", version)
            document.string("name", name)
            document.number("generation", record.generation)
            document.object("settings") { settings in
                write(record.settings, &settings)
                write(record.unknown.settings, &settings)
            }
            document.object("credentials") { credentials in
                write(record.credentials, &credentials)
                write(record.unknown.credentials, &credentials)
            }
            if let account = record.account {
                document.object("account") {
                    $0.string("home_account_id", account.homeAccountID)
                    $0.string("username", ifAny: account.username)
                    $0.string("name", ifAny: account.name)
                    $0.string("tenant", ifAny: account.tenant)
                    $0.string("authority", ifAny: account.authority)
                }
            }
            if let gate = record.gate {
                document.object("gate") {
                    $0.string("registration", gate.registration)
                    $0.number("refusals", gate.refusals)
                    $0.number("refused_on", gate.refusedOn)
                    $0.number("next_request_time", gate.nextRequestTime)
                }
            }
            document.string("refresh_token", ifAny: record.refreshToken)
            document.string("id_token", ifAny: record.idToken)
            document.string("signed_in_with", ifAny: record.signedInWith)
            document.array("tokens") { tokens in
                for (key, token) in record.tokens {
                    tokens.object {
                        $0.string("authority", key.authority)
                        $0.string("client_id", key.clientID)
                        $0.string("scopes", key.scopes)
                        $0.flag("cae", key.cae)
                        $0.string("access_token", token.accessToken)
                        $0.string("token_type", token.tokenType)
                        $0.number("expires_on", token.expiresOn)
                        $0.number("refresh_on", ifAny: token.refreshOn)
                        $0.number("acquired_on", token.acquiredOn)
                        $0.string("granted_scopes", ifAny: token.grantedScopes)
                        $0.string("challenge", ifAny: token.challenge)
                    }
                }
                for token in record.unknown.tokens { tokens.value(nil, token) }
            }
            if let pending = record.pending {
                document.object("pending") { write(pending, &$0) }
            } else if let pending = record.unknown.pending {
                document.value("pending", pending)
            }
            write(record.unknown.members, &document)
        }
        return writer.finish()
    }

    /// A device code's members stand beside the common ones, where the first release put them.
    private static func write(_ pending: PendingSignIn, _ writer: inout JSONWriter) {
        writer.object("settings") { settings in write(pending.settings, &settings) }
        if !pending.credentials.isEmpty {
            writer.object("credentials") { credentials in write(pending.credentials, &credentials) }
        }
        switch pending.way {
        case .deviceCode(let code):
            writer.string("device_code", code.deviceCode)
            writer.string("user_code", code.userCode)
            writer.string("verification_uri", code.verificationURI)
            writer.string("message", code.message)
            writer.number("interval", code.interval)
            writer.number("polled_on", ifAny: code.polledOn)
        case .authorization(let request):
            writer.object("authorization") {
                $0.string("issuer", request.issuer)
                $0.string("issuer_name", ifAny: request.issuerName)
                $0.string("client_id", request.clientID)
                $0.string("redirect_uri", request.redirectURI)
                $0.string("scopes", request.scopes)
                $0.string("state", request.state)
                $0.string("nonce", request.nonce)
                $0.string("code_verifier", request.verifier)
            }
        case .adminConsent(let request):
            writer.object("admin_consent") {
                $0.string("issuer", request.issuer)
                $0.string("client_id", request.clientID)
                $0.string("redirect_uri", request.redirectURI)
                $0.string("state", request.state)
            }
        }
        writer.number("expires_on", pending.expiresOn)
        writer.string("claims", ifAny: pending.claims)
        writer.string("expected_account", ifAny: pending.expectedAccount)
    }

    private static func write(_ credentials: [OptionName: Secret], _ writer: inout JSONWriter) {
        for (option, secret) in credentials { writer.string(option.rawValue, secret) }
    }

    private static func write(_ settings: [OptionName: String], _ writer: inout JSONWriter) {
        for (option, text) in settings.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.string(option.rawValue, text)
        }
    }

    private static func write(_ unknown: [String: JSON], _ writer: inout JSONWriter) {
        for (name, value) in unknown.sorted(by: { $0.key < $1.key }) { writer.value(name, value) }
    }

    private static func account(_ json: JSON) -> Account? {
        guard let id = json["home_account_id"]?.string else { return nil }
        return Account(
            homeAccountID: id, username: json["username"]?.string, name: json["name"]?.string,
            tenant: json["tenant"]?.string, authority: json["authority"]?.string)
    }

    /// Nil also for one with a member that this release does not know: it may be what tells it from another.
    private static func token(_ json: JSON) -> (TokenKey, Token)? {
        guard json.object?.keys.allSatisfy(tokenMembers.contains) == true, let authority = json["authority"]?.string,
            let clientID = json["client_id"]?.string,
            let scopes = json["scopes"]?.string, let accessToken = json["access_token"]?.string,
            let expiresOn = json["expires_on"]?.time, let acquiredOn = json["acquired_on"]?.time
        else { return nil }
        var token = Token(
            accessToken: Secret(accessToken), tokenType: json["token_type"]?.string ?? "Bearer", expiresOn: expiresOn,
            refreshOn: json["refresh_on"]?.time, acquiredOn: acquiredOn, grantedScopes: json["granted_scopes"]?.string)
        token.challenge = json["challenge"]?.string
        return (
            TokenKey(authority: authority, clientID: clientID, scopes: scopes, cae: json["cae"]?.flag ?? false), token
        )
    }

    private static let tokenMembers: Set<String> = [
        "authority", "client_id", "scopes", "cae", "access_token", "token_type", "expires_on", "refresh_on",
        "acquired_on", "granted_scopes", "challenge",
    ]

    private static func pending(_ json: JSON) -> PendingSignIn? {
        guard let expiresOn = json["expires_on"]?.time,
            let way = deviceCode(json).map({ .deviceCode($0) })
                ?? json["authorization"].flatMap(authorization).map({ PendingSignIn.Way.authorization($0) })
                ?? json["admin_consent"].flatMap(adminConsent).map({ PendingSignIn.Way.adminConsent($0) })
        else { return nil }
        var settings: [OptionName: String] = [:]
        for (name, value) in json["settings"]?.object ?? [:] {
            if let option = OptionName(rawValue: name), let text = value.string { settings[option] = text }
        }
        var credentials: [OptionName: Secret] = [:]
        for (name, value) in json["credentials"]?.object ?? [:] {
            if let option = OptionName(rawValue: name), let text = value.string { credentials[option] = Secret(text) }
        }
        return PendingSignIn(
            settings: settings, credentials: credentials, way: way, expiresOn: expiresOn,
            claims: json["claims"]?.string, expectedAccount: json["expected_account"]?.string)
    }

    private static func deviceCode(_ json: JSON) -> PendingDeviceCode? {
        guard let deviceCode = json["device_code"]?.string, let userCode = json["user_code"]?.string,
            let uri = json["verification_uri"]?.string
        else { return nil }
        return PendingDeviceCode(
            deviceCode: Secret(deviceCode), userCode: userCode, verificationURI: uri,
            message: json["message"]?.string ?? "", interval: min(max(json["interval"]?.integer ?? 5, 1), 3600),
            polledOn: json["polled_on"]?.time)
    }

    private static func authorization(_ json: JSON) -> AuthorizationRequest? {
        guard let issuer = json["issuer"]?.string, let clientID = json["client_id"]?.string,
            let redirectURI = json["redirect_uri"]?.string, let scopes = json["scopes"]?.string,
            let state = json["state"]?.string, let nonce = json["nonce"]?.string,
            let verifier = json["code_verifier"]?.string
        else { return nil }
        var request = AuthorizationRequest(
            issuer: issuer, clientID: clientID, redirectURI: redirectURI, scopes: scopes, state: Secret(state),
            nonce: nonce, verifier: Secret(verifier))
        request.issuerName = json["issuer_name"]?.string
        return request
    }

    private static func adminConsent(_ json: JSON) -> AdminConsentRequest? {
        guard let issuer = json["issuer"]?.string, let clientID = json["client_id"]?.string,
            let redirectURI = json["redirect_uri"]?.string, let state = json["state"]?.string
        else { return nil }
        return AdminConsentRequest(
            issuer: issuer, clientID: clientID, redirectURI: redirectURI, state: Secret(state))
    }

    private static func gate(_ json: JSON) -> Gate? {
        guard let registration = json["registration"]?.string, let refusals = json["refusals"]?.integer,
            let refusedOn = json["refused_on"]?.time, let nextRequestTime = json["next_request_time"]?.time
        else { return nil }
        return Gate(
            registration: registration, refusals: refusals, refusedOn: refusedOn, nextRequestTime: nextRequestTime)
    }

    private static func unreadable(_ what: String) -> MSAuthError {
        MSAuthError(
            .storeCorrupt, "The connection's record \(what).",
            hint: "It is kept. Connect again: the unreadable record is then set aside, not deleted.")
    }
}

extension JSON {
    /// Seconds since 1970 in a range in which sums cannot overflow.
    fileprivate var time: Int? { integer.flatMap { (0...1_000_000_000_000).contains($0) ? $0 : nil } }
}

extension Record {
    /// Drops as many of the oldest tokens as make room for so many bytes, and at least one.
    fileprivate mutating func dropOldestTokens(bytes: Int) {
        var room = 0
        for (key, token) in tokens.sorted(by: { $0.value.acquiredOn < $1.value.acquiredOn }) {
            tokens[key] = nil
            room += token.accessToken.count
            if room >= bytes { return }
        }
    }
}
