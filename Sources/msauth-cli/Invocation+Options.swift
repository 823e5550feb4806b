internal import Glibc
internal import MSAuth

extension Invocation {
    /// The client's options: what the environment gives, and the flags that are not the call's.
    func clientOptions() throws(MSAuthError) -> Options {
        var options = Options()
        for definition in Vocabulary.options(for: .client) {
            if isOfCall(definition) {
                try options.setDefault(definition)
            } else if let value = given[definition.name] {
                try Invocation.checkIsPublic(value, definition.name)
                try options.set(definition.name.rawValue, value)
            } else {
                try options.setDefault(definition)
            }
        }
        return options
    }

    /// What stands on the command line is read by every user of the machine: a proxy's password must not.
    private static func checkIsPublic(_ value: Secret, _ name: OptionName) throws(MSAuthError) {
        guard name == .proxy, value.contains(UInt8(ascii: "@")) else { return }
        throw MSAuthError(
            .invalidArgument, "The flag --proxy takes no user and password: the command line is seen by everybody.",
            hint: "Set the variable HTTPS_PROXY to the address with them.")
    }

    /// The call's options, which a connection that it makes keeps. Reads the secrets.
    func callOptions(_ interrupt: Interrupt, _ console: Console) throws(MSAuthError) -> Options {
        var options = Options()
        for definition in command.callOptions {
            guard let value = given[definition.name] else { continue }
            try options.set(definition.name.rawValue, meant(value, by: definition, interrupt, console))
        }
        return options
    }

    /// A secret from its place; a path from the folder that the program was started in.
    private func meant(
        _ value: Secret, by definition: OptionDefinition, _ interrupt: Interrupt, _ console: Console
    ) throws(MSAuthError) -> Secret {
        if definition.isSecret {
            return try SecretSource(value, definition.name)
                .read(isBinary: definition.kind == .bytes, interrupt, console)
        }
        guard definition.kind == .path, let first = value.first, first != UInt8(ascii: "/"),
            first != UInt8(ascii: "~"), let folder = unsafe getcwd(nil, 0)
        else { return value }
        defer { unsafe free(folder) }
        return Secret(unsafe String(cString: folder) + "/" + value.text())
    }

    private func isOfCall(_ definition: OptionDefinition) -> Bool {
        command.call.map { definition.calls.contains($0) } ?? false
    }
}

extension Options {
    /// What a new connection shall keep although nobody wrote it out this time.
    mutating func setKeptDefaults() throws(MSAuthError) {
        // A managed identity that is named in one way takes no default that names it in another.
        let named = ManagedIdentity.names.contains { self[$0] != nil } ? ManagedIdentity.names : []
        for definition in Vocabulary.options where definition.isKept && self[definition.name] == nil {
            if !named.contains(definition.name) { try setDefault(definition) }
        }
    }

    /// The value of the option's environment variable, if it has one.
    fileprivate mutating func setDefault(_ definition: OptionDefinition) throws(MSAuthError) {
        guard let variable = definition.environment, let value = Secret(variable: variable), !value.isEmpty else {
            return
        }
        do throws(MSAuthError) {
            try set(definition.name.rawValue, value)
        } catch {
            throw MSAuthError(error.status, error.message, hint: "It comes from the environment variable \(variable).")
        }
    }
}
