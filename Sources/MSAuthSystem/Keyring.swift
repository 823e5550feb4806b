internal import CSecret
internal import Glibc
internal import MSAuth

/// A private connection to the session bus and to the daemon that keeps secrets: `csecret_keyring`, freed on deinit.
///
/// It connects by itself when a call needs it, and again after the bus or the daemon went away. One call at a time.
@safe final class Keyring: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer

    /// The process in which GLib was first used: it works in no child that is forked later.
    private static let firstUse = Lock<Int?>(nil)

    init() throws(KeyringFailure) {
        try Keyring.checkProcess()
        if let reason = unsafe csecret_load() {
            throw KeyringFailure(.step(CSECRET_NO_LIBRARY), unsafe String(cString: reason))
        }
        unsafe pointer = csecret_keyring_new()
    }

    deinit {
        // In a forked child it is left where it is.
        if Keyring.isOurs { unsafe csecret_keyring_free(pointer) }
    }

    /// Throws `forked` where GLib must not be touched.
    static func checkProcess() throws(KeyringFailure) {
        if !isOurs { throw KeyringFailure(.forked) }
    }

    fileprivate static var isOurs: Bool {
        let generation = ForkGate.generation
        return firstUse.withLock { first in
            if first == nil { first = generation }
            return first == generation
        }
    }
}

/// Why an operation on the keyring failed, and the words of who refused.
struct KeyringFailure: Error {
    enum Reason: Equatable {
        case step(csecret_result)
        case forked
        case noAddress
        case otherTransport
        case noCollection
    }

    let reason: Reason
    let detail: String

    init(_ reason: Reason, _ detail: String = "") {
        self.reason = reason
        self.detail = ServerText.clean(detail, limit: 200)
    }

    /// Whether another attempt may go well: the bus or the daemon went away since the last call, or another program
    /// deleted an item between two steps.
    var mayPass: Bool { reason == .step(CSECRET_LOST) || reason == .step(CSECRET_VANISHED) }
}

extension KeyringFailure {
    /// What the caller is told.
    func explained(timeout: Double) -> MSAuthError {
        switch reason {
        case .forked:
            MSAuthError(
                .storeUnavailable, "The keyring cannot be used in a forked child of a process that has used it.",
                hint: "Start the process by spawn or forkserver instead of fork, or choose the option "
                    + "\(KeyringFailure.memory).")
        case .noAddress:
            MSAuthError(
                .storeUnavailable,
                "There is no session bus, and so no keyring: DBUS_SESSION_BUS_ADDRESS is not set, and "
                    + "/run/user/\(geteuid())/bus does not exist.",
                hint: KeyringFailure.needsSession)
        case .otherTransport:
            MSAuthError(
                .storeUnavailable,
                "DBUS_SESSION_BUS_ADDRESS is not the address of a Unix socket, which the keyring needs.",
                hint: KeyringFailure.needsSession)
        case .noCollection:
            MSAuthError(
                .storeUnavailable, "The keyring has no default collection to keep connections in.",
                hint: "Create one in the keyring's own program, or set the option \"store_prompt\" = \"true\" to be "
                    + "asked when a connection is kept, or choose the option \(KeyringFailure.memory).")
        case .step(let result):
            explained(result, timeout: timeout)
        }
    }

    private func explained(_ result: csecret_result, timeout: Double) -> MSAuthError {
        switch result {
        case CSECRET_CANCELLED:
            .cancelled
        case CSECRET_TIMED_OUT:
            MSAuthError(
                .storeUnavailable, "The keyring did not answer within \(seconds(timeout)).",
                hint: "A window of the keyring may be waiting for an answer.")
        case CSECRET_NO_LIBRARY:
            MSAuthError(
                .storeUnavailable, "The keyring cannot be used, because libsecret cannot be opened\(because).",
                hint: KeyringFailure.needsKeyring)
        case CSECRET_NO_BUS:
            MSAuthError(
                .storeUnavailable, "The session bus cannot be reached, and so no keyring\(because).",
                hint: KeyringFailure.needsSession)
        case CSECRET_FOREIGN_BUS:
            MSAuthError(
                .storeUnavailable, "The session bus is run by another user, who could see what is kept\(because).",
                hint: "Set DBUS_SESSION_BUS_ADDRESS to your own bus, or choose the option \(KeyringFailure.memory).")
        case CSECRET_NO_SERVICE:
            MSAuthError(
                .storeUnavailable, "There is no keyring on the session bus\(because).",
                hint: KeyringFailure.needsKeyring)
        case CSECRET_PLAIN_SESSION:
            MSAuthError(
                .storeUnavailable, "The keyring cannot encrypt what it sends over the session bus.",
                hint: "Allow that with the option \"store_plain_session\" = \"true\", or choose the option "
                    + "\(KeyringFailure.memory).")
        case CSECRET_LOCKED:
            MSAuthError(
                .storeLocked, "The keyring is locked.",
                hint: "Unlock the keyring, or set the option \"store_prompt\" = \"true\" to be asked.")
        case CSECRET_DISMISSED:
            MSAuthError(
                .storeLocked, "The keyring asked its user, who did not agree.",
                hint: "Try again, and answer the keyring's window.")
        case CSECRET_LOST:
            MSAuthError(.storeUnavailable, "The connection to the keyring was lost\(because).")
        default:
            MSAuthError(.storeUnavailable, "The keyring refused\(because).")
        }
    }

    private var because: String { detail.isEmpty ? "" : ": \(detail.last == "." ? String(detail.dropLast()) : detail)" }

    private static let memory = "\"store\" = \"memory\""

    private static let needsKeyring =
        "Install libsecret-1-0 and a keyring such as gnome-keyring, or choose the option \(memory)."

    private static let needsSession =
        "Run in a desktop session or under dbus-run-session, with a keyring such as gnome-keyring, or choose the "
        + "option \(memory)."

    /// "10 seconds", "0.5 seconds".
    private func seconds(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value)) second\(value == 1 ? "" : "s")" : "\(value) seconds"
    }
}

/// The steps of one operation on a keyring: `csecret_call`. Taken on one thread, between `enter` and `leave`.
@safe final class KeyringCall: @unchecked Sendable {
    private let keyring: Keyring
    private let pointer: OpaquePointer

    /// A person who is asked has `patience` seconds to answer, if above 0.
    init(_ keyring: Keyring, deadline: Double, patience: Double) {
        self.keyring = keyring
        unsafe pointer = csecret_call_new(keyring.pointer, deadline, patience)
    }

    deinit {
        if Keyring.isOurs { unsafe csecret_call_free(pointer) }
    }

    /// From any thread, at any time.
    func cancel() {
        if Keyring.isOurs { unsafe csecret_cancel(pointer) }
    }

    func enter() { ForkGate.waiting { unsafe csecret_enter(pointer) } }
    func leave() { unsafe csecret_leave(pointer) }

    func connect(_ address: String, plain: Bool) throws(KeyringFailure) {
        try check(unsafe csecret_connect(pointer, address, plain ? 1 : 0))
    }

    func defaultCollection() throws(KeyringFailure) -> csecret_collection {
        var state = CSECRET_ABSENT
        try check(unsafe csecret_default_collection(pointer, &state))
        return state
    }

    func createCollection(label: String) throws(KeyringFailure) {
        try check(unsafe csecret_create_collection(pointer, label))
    }

    func unlock() throws(KeyringFailure) {
        try check(unsafe csecret_unlock(pointer))
    }

    func search(_ name: String?) throws(KeyringFailure) {
        guard let name else { return try check(unsafe csecret_search(pointer, nil)) }
        try check(unsafe csecret_search(pointer, name))
    }

    var found: Int { unsafe csecret_found(pointer) }
    var hasLocked: Bool { unsafe csecret_found_locked(pointer) > 0 }

    func fetch() throws(KeyringFailure) {
        try check(unsafe csecret_fetch(pointer))
    }

    /// What was fetched; nil if its item was deleted meanwhile.
    func secret(_ index: Int) -> Secret? {
        var count = 0
        guard let bytes = unsafe csecret_secret(pointer, index, &count) else { return nil }
        return unsafe Secret(copying: UnsafeRawBufferPointer(start: bytes, count: count))
    }

    func name(_ index: Int) throws(KeyringFailure) -> String? {
        var name: UnsafeMutablePointer<CChar>?
        try check(unsafe csecret_name(pointer, index, &name))
        defer { unsafe csecret_string_free(name) }
        guard let name = unsafe name else { return nil }
        return unsafe String(cString: name)
    }

    func set(_ index: Int, _ record: Secret) throws(KeyringFailure) {
        try check(unsafe record.withBytes { unsafe csecret_set(pointer, index, $0.baseAddress, $0.count) })
    }

    func create(_ name: String, label: String, _ record: Secret) throws(KeyringFailure) {
        try check(unsafe record.withBytes { unsafe csecret_create(pointer, name, label, $0.baseAddress, $0.count) })
    }

    func delete(_ index: Int) throws(KeyringFailure) {
        try check(unsafe csecret_delete(pointer, index))
    }

    func setAside(_ index: Int, _ name: String, label: String) throws(KeyringFailure) {
        try check(unsafe csecret_set_aside(pointer, index, name, label))
    }

    /// Takes a step, which may have to wait for the daemon: a fork of the host's does not wait for it.
    private func check(_ step: @autoclosure () -> csecret_result) throws(KeyringFailure) {
        let result = ForkGate.waiting(step)
        if result != CSECRET_OK { throw KeyringFailure(.step(result), unsafe String(cString: csecret_detail(pointer))) }
    }
}
