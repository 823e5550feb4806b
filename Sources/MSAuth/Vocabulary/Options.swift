/// The values that a caller set, each checked when it was set.
///
/// A wrong name or value is remembered: the call that the options are given to fails with it.
package struct Options: Sendable {
    package private(set) var texts: [OptionName: String] = [:]
    private var secrets: [OptionName: Secret] = [:]
    package private(set) var failures: [(name: String, error: MSAuthError)] = []

    package init() {}

    /// `value` nil takes the option back.
    package mutating func set(_ name: String, _ value: Secret?) throws(MSAuthError) {
        failures.removeAll { $0.name == name }
        do {
            let definition = try Vocabulary.definition(named: name)
            texts[definition.name] = nil
            secrets[definition.name] = nil
            guard let value else { return }
            if definition.isSecret {
                secrets[definition.name] = try OptionValue.secret(value, definition)
            } else {
                texts[definition.name] = try OptionValue.text(value, definition)
            }
        } catch {
            failures.append((name, error))
            throw error
        }
    }

    /// A set that failed before its name was known.
    package mutating func remember(_ error: MSAuthError) {
        if failures.isEmpty { failures.append(("", error)) }
    }

    package mutating func set(_ name: OptionName, _ value: String) throws(MSAuthError) {
        try set(name.rawValue, Secret(value))
    }

    package subscript(_ name: OptionName) -> String? { texts[name] }
    package func secret(_ name: OptionName) -> Secret? { secrets[name] }
    var secretNames: some Sequence<OptionName> { secrets.keys }

    package var isEmpty: Bool { texts.isEmpty && secrets.isEmpty && failures.isEmpty }

    /// Throws what a set failed with, or that a call does not take one of the options.
    package func check(for call: Call) throws(MSAuthError) {
        if let failure = failures.first { throw failure.error }
        for name in Array(texts.keys) + Array(secrets.keys) where !Vocabulary.definition(name).calls.contains(call) {
            _ = try Vocabulary.definition(named: name.rawValue, for: call)
        }
    }

    /// What a connection made with these options keeps, of them and of the settings that it goes on from.
    package func kept(over settings: [OptionName: String]) -> [OptionName: String] {
        // Of the ways to say what a token is for only one may stand: a new one takes the place of another.
        var before = wanted.isEmpty ? settings : settings.filter { !Wanted.names.contains($0.key) }
        // The same for the ways to name a managed identity.
        if ManagedIdentity.names.contains(where: { texts[$0] != nil }) {
            before = before.filter { !ManagedIdentity.names.contains($0.key) }
        }
        if let authority = texts[.authority] {
            // What stands at the authority before says nothing of another one.
            before[.authorityType] = nil
            // Nor does the tenant before, where the new one names its own: the sign-in was made there.
            if (Address(authority)?.path.count ?? 0) > 1 { before[.tenant] = nil }
        }
        return before.merging(texts.filter { Vocabulary.definition($0.key).isKept }) { $1 }
    }

    /// The secrets that it keeps: what this call gave, or the connection had. The client's secret stays the client's.
    func keptCredentials(
        of grant: Grant, _ settings: Settings, over before: [OptionName: Secret]
    ) -> [OptionName: Secret] {
        guard settings.flag(.keepCredentials) else { return [:] }
        var kept: [OptionName: Secret] = [:]
        for name in grant.credentials { kept[name] = secret(name) ?? before[name] }
        return kept
    }
}

/// Checks one value against its kind.
enum OptionValue {
    static func secret(_ value: Secret, _ definition: OptionDefinition) throws(MSAuthError) -> Secret {
        guard !value.isEmpty else { throw wrong(definition, "is empty") }
        guard value.count <= 65536 else { throw wrong(definition, "is longer than 64 KiB") }
        if definition.kind == .bytes {
            // A record is JSON: bytes that are no text are kept as base64.
            return value.allSatisfy { $0 < 0x80 && $0 != 0 } ? value : Base64.encode(value, .standard)
        }
        guard isPrintableUTF8(value) else {
            throw wrong(
                definition, "holds bytes that are not UTF-8 text, or control characters; was a newline read with it?")
        }
        return value
    }

    static func text(_ value: Secret, _ definition: OptionDefinition) throws(MSAuthError) -> String {
        let limit = definition.kind == .list || definition.kind == .json ? 8192 : 4096
        guard value.count <= limit else { throw wrong(definition, "is longer than \(limit) bytes") }
        guard isPrintableUTF8(value) else {
            throw wrong(definition, "holds bytes that are not UTF-8 text, or control characters such as a newline")
        }
        let text = value.text()
        // An empty proxy says "none", an empty list of hosts too.
        guard !text.isEmpty || definition.name == .proxy || definition.name == .noProxy else {
            throw wrong(definition, "is empty")
        }
        switch definition.kind {
        case .flag:
            guard text == "true" || text == "false" else {
                throw wrong(definition, "is \(text.quotedForMessage): it takes true or false")
            }
        case .seconds(let range):
            guard let number = Int(text), range.contains(number) else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes whole seconds from \(range.lowerBound) to \(range.upperBound)"
                )
            }
        case .number(let range):
            guard let number = Int(text), range.contains(number) else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes a whole number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
        case .word(let words):
            guard words.contains(text) else {
                throw wrong(definition, "is \(text.quotedForMessage): it takes \(words.joined(separator: ", "))")
            }
        case .list:
            let list = text.split(separator: " ").joined(separator: " ")
            guard !list.isEmpty || text.isEmpty else { throw wrong(definition, "is empty") }
            return list
        case .json:
            guard JSON(value)?.object != nil else { throw wrong(definition, "is not a JSON object") }
        case .path:
            guard text.hasPrefix("/") || !text.hasPrefix("~") else {
                throw wrong(definition, "begins with ~, which only a shell replaces: give the whole path")
            }
        case .url, .text, .secret, .bytes:
            break
        }
        try checkMeaning(text, definition)
        return text
    }

    /// What one option alone asks of its value.
    private static func checkMeaning(_ text: String, _ definition: OptionDefinition) throws(MSAuthError) {
        switch definition.name {
        case .tenant:
            guard Authority.isTenant(text) else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes a GUID, a domain, organizations, common or consumers")
            }
        case .authority:
            // What stands there is known when the authority_type is.
            _ = try Authority.parts(of: text)
        case .url:
            _ = try ResourceAddress.resource(of: text)
        case .redirectURI:
            guard RedirectURI(text) != nil else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes an address such as https://app.contoso.com/signed-in, and http "
                        + "on localhost alone")
            }
        case .brokerID:
            _ = try BrokerRegistration.parts(of: text)
        case .brokerURL:
            guard Address(text) != nil else {
                throw wrong(definition, "is \(text.quotedForMessage): it takes an https address")
            }
        case .clientID, .objectID, .correlationID, .serviceConnectionID, .managedIdentityClientID:
            guard text.utf8.allSatisfy({ $0.isASCIILetterOrDigit || "-._:/".utf8.contains($0) }), text.utf8.count <= 256
            else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes a GUID such as 00000000-0000-0000-0000-000000000000")
            }
        case .region:
            guard Region(text) != nil else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes auto, or a region's short name such as westeurope")
            }
        case .sharePointHost:
            guard SharePoint.parts(of: text) != nil else {
                throw wrong(
                    definition, "is \(text.quotedForMessage): it takes a name such as contoso or contoso.sharepoint.com"
                )
            }
        case .resource:
            guard !text.contains(" ") else { throw wrong(definition, "names more than one resource") }
        case .assertionCommand:
            _ = try AssertionCommand(text)
        case .assertionVariable:
            guard text.utf8.allSatisfy({ $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "_") }) else {
                // What is no name may be the assertion itself: it is not shown.
                throw wrong(definition, "is no name of a variable: it takes that, not the variable's value")
            }
        case .assertionAudience:
            guard !text.contains(" ") else { throw wrong(definition, "names more than one audience") }
        case .clientCertificate, .clientCertificateKey, .assertionFile:
            // A connection keeps it, and goes on in programs that run elsewhere.
            guard text.hasPrefix("/") else {
                throw wrong(definition, "is \(text.quotedForMessage): give the whole path, which begins with /")
            }
        case .clientCertificateKeyURI:
            // It is kept as it is, shown and logged.
            guard !text.lowercased().contains("pin-value") else {
                throw wrong(definition, "holds the PIN: give that by the option \"client_certificate_password\"")
            }
            guard ["pkcs11:", "handle:"].contains(where: text.lowercased().hasPrefix) else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes pkcs11:token=NAME;object=NAME (RFC 7512), or handle:0x81000001 for a "
                        + "key that is persistent in a TPM")
            }
        case .certificateThumbprint:
            guard text.allSatisfy({ $0.isASCII && $0.isHexDigit || $0 == ":" || $0 == " " }),
                [20, 32].contains(ClientCertificate.bytes(ofThumbprint: text).count),
                text.filter(\.isHexDigit).count % 2 == 0
            else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes 40 hexadecimal digits (SHA-1) or 64 (SHA-256)")
            }
        case .resourceID:
            guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 }) else {
                throw wrong(
                    definition,
                    "is \(text.quotedForMessage): it takes an Azure resource ID, such as /subscriptions/GUID/resourceGroups/NAME/"
                        + "providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME")
            }
        case .application:
            guard text.utf8.allSatisfy({ $0 < 0x7F }), text.utf8.count <= 128 else {
                throw wrong(definition, "takes at most 128 ASCII characters")
            }
        case .proxy:
            let schemes = ["http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"]
            guard text.isEmpty || schemes.contains(where: text.hasPrefix) else {
                // The value may hold a password: it is not shown.
                throw wrong(
                    definition, "has no scheme that is known: it takes one of \(schemes.joined(separator: ", "))")
            }
        case .log:
            if text.hasPrefix("fd:"), Int32(text.dropFirst(3)).map({ $0 >= 0 }) != true {
                throw wrong(definition, "is \(text.quotedForMessage): a descriptor is a number, as in fd:2")
            }
        default:
            break
        }
    }

    private static func isPrintableUTF8(_ value: Secret) -> Bool {
        // Nearly every value, a token of two thousand bytes with each call among them.
        if value.allSatisfy({ (0x20..<0x7F).contains($0) }) { return true }
        // C0, DEL and C1.
        return value.isText { scalar in scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) }
    }

    private static func wrong(_ definition: OptionDefinition, _ what: String) -> MSAuthError {
        .invalidArgument("The option \"\(definition.name.rawValue)\" \(what).")
    }
}
