/// Which of the identities that a platform has given: the system's own, or one that is named in one of three ways.
package struct ManagedIdentity: Sendable {
    /// The options that name one; one at a time.
    package static let names: [OptionName] = [.clientID, .objectID, .resourceID]

    package static let systemAssigned = ManagedIdentity(option: nil, value: "")

    /// How it is named; nil: the system's own.
    let option: OptionName?
    let value: String

    package var clientID: String? { option == .clientID ? value : nil }

    /// What its tokens are kept by.
    var description: String {
        guard let option else { return "managed_identity" }
        return "managed_identity?\(option.rawValue)=\(value)"
    }
}

extension Settings {
    /// The nearest place that names one counts.
    package var managedIdentity: ManagedIdentity {
        get throws(MSAuthError) {
            let said = nearest(of: ManagedIdentity.names)
            guard let (name, value) = said.first else { return .systemAssigned }
            guard said.count == 1 else {
                let names = said.map { "\"\($0.name.rawValue)\"" }.joined(separator: " and ")
                throw .invalidArgument("The options \(names) exclude each other: one of them names a managed identity.")
            }
            return ManagedIdentity(option: name, value: value)
        }
    }
}
