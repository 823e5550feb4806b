/// How a call ended, or that it has not: the numbers of `msauth_status`.
///
/// Numbers are spaced by ten and never reused.
package enum Status: Int32, CaseIterable, Sendable {
    case prompt = -2
    case pending = -1
    case ok = 0

    case internalError = 1
    case invalidArgument = 2
    case unsupported = 3
    case exhausted = 4

    case interactionRequired = 12
    case denied = 13
    case expired = 14
    case cancelled = 15
    case assertionRequired = 16

    case network = 20
    case throttled = 21
    case service = 22

    case rejected = 30
    case badCredential = 31
    case account = 32
    case configuration = 33
    case untrusted = 34
    case unusableKey = 35

    case storeUnavailable = 40
    case storeLocked = 41
    case storeCorrupt = 42
    case notFound = 43
    case notKept = 44
    case storeBusy = 45

    case noManagedIdentity = 50
    case noBroker = 51

    /// The name in every binding, in the log and in `msauth_describe()`.
    package var name: String {
        switch self {
        case .prompt: "prompt"
        case .pending: "pending"
        case .ok: "ok"
        case .internalError: "internal"
        case .invalidArgument: "invalid_argument"
        case .unsupported: "unsupported"
        case .exhausted: "exhausted"
        case .interactionRequired: "interaction_required"
        case .denied: "denied"
        case .expired: "expired"
        case .cancelled: "cancelled"
        case .assertionRequired: "assertion_required"
        case .network: "network"
        case .throttled: "throttled"
        case .service: "service"
        case .rejected: "rejected"
        case .badCredential: "bad_credential"
        case .account: "account"
        case .configuration: "configuration"
        case .untrusted: "untrusted"
        case .unusableKey: "unusable_key"
        case .storeUnavailable: "store_unavailable"
        case .storeLocked: "store_locked"
        case .storeCorrupt: "store_corrupt"
        case .notFound: "not_found"
        case .notKept: "not_kept"
        case .storeBusy: "store_busy"
        case .noManagedIdentity: "no_managed_identity"
        case .noBroker: "no_broker"
        }
    }

    package var help: String {
        switch self {
        case .prompt: "there is something to show the user: show it, wait again"
        case .pending: "not ended yet: wait again"
        case .ok: "done"
        case .internalError: "a bug in this library"
        case .invalidArgument: "a name or value that this call does not take"
        case .unsupported: "needs something that this machine or process lacks"
        case .exhausted: "no thread or descriptor is left to this process"
        case .interactionRequired: "only the user can continue: connect again"
        case .denied: "the user or an administrator said no"
        case .expired: "the sign-in ran out of time"
        case .cancelled: "the operation was cancelled"
        case .assertionRequired: "call again with a fresh assertion"
        case .network: "no answer arrived"
        case .throttled: "asked to slow down: see retry_after"
        case .service: "the service is failing"
        case .rejected: "refused for another reason: see error_code"
        case .badCredential: "user name, password, secret or certificate refused"
        case .account: "the account is locked, disabled, absent or not the expected one"
        case .configuration: "application, tenant, scope or redirect is not set up for this"
        case .untrusted: "an answer that failed validation"
        case .unusableKey: "a key or certificate that cannot be read or used"
        case .storeUnavailable: "the store cannot be reached or written"
        case .storeLocked: "the store is there and locked"
        case .storeCorrupt: "a record that cannot be read; it is kept, not deleted"
        case .notFound: "no such connection"
        case .notKept: "signed in, but the store refused the record; the client holds it"
        case .storeBusy: "another process holds this connection for too long"
        case .noManagedIdentity: "no managed identity endpoint on this machine"
        case .noBroker: "no identity broker on the session bus"
        }
    }
}
