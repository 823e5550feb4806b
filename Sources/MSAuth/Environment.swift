/// The world as the core sees it. A test changes one field of a fixture.
package struct Environment: Sendable {
    package var transport: any Transport
    package var store: any Store
    package var locks: any ConnectionLocks
    package var clock: any Clock
    package var log: any Log
    package var crypto: any Crypto
    package var certificates: any Certificates
    package var machine: any Machine
    package var listener: any Listener
    package var browser: any Browser
    package var commands: any Commands
    package var xml: any XMLReader
    /// Shared by all copies: a client has one.
    package let assertions = ClientAssertions()
    package let throttle = Throttle()
    package let issuerKeys = IssuerKeys()
    package let whereabouts = Whereabouts()
    package let proxyAuthorities = ProxyAuthorities()

    package init(
        transport: any Transport, store: any Store, locks: any ConnectionLocks, clock: any Clock, log: any Log,
        crypto: any Crypto, certificates: any Certificates, machine: any Machine, listener: any Listener,
        browser: any Browser, commands: any Commands, xml: any XMLReader
    ) {
        self.transport = transport
        self.store = store
        self.locks = locks
        self.clock = clock
        self.log = log
        self.crypto = crypto
        self.certificates = certificates
        self.machine = machine
        self.listener = listener
        self.browser = browser
        self.commands = commands
        self.xml = xml
    }
}

/// Sends one HTTPS request, or one to a metadata endpoint, and returns one answer. Never follows a redirect, never retries.
package protocol Transport: Sendable {
    /// Any HTTP status is an answer. Throws `network`, `untrusted` (TLS, too much data) or `cancelled`.
    func send(_ request: HTTPRequest, _ cancellation: Cancellation) throws(MSAuthError) -> HTTPResponse
}

/// Keeps the records of connections by name. A record is opaque here: text that must not be seen.
///
/// Every call has a time limit of the store's own and ends when cancelled. A locked, absent or dead store has its own
/// status: it never looks empty.
package protocol Store: Sendable {
    /// Its name for people: "secret-service", "memory".
    var name: String { get }

    /// False where records end with the process.
    var isPersistent: Bool { get }

    /// All records under a name: none, one, or more after a race between programs; which one counts is not its affair.
    func read(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> [Secret]

    /// Puts one record in the place of all that are there, whole or not at all.
    func write(_ name: ConnectionName, _ record: Secret, _ cancellation: Cancellation) throws(MSAuthError)

    /// Deletes all records under a name; false if there was none.
    func delete(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> Bool

    /// Moves records that cannot be read out of the name's way, without deleting them.
    func setAside(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError)

    /// Everything that is kept. Another program may have made items with names that are none of ours.
    func list(_ cancellation: Cancellation) throws(MSAuthError) -> [StoredConnection]
}

package struct StoredConnection: Sendable {
    package var name: String
    package var records: [Secret]

    package init(name: String, records: [Secret]) {
        self.name = name
        self.records = records
    }
}

/// One holder at a time for each connection, among all processes and threads that share a store.
package protocol ConnectionLocks: Sendable {
    /// Waits its turn, `storeBusy` when that takes too long, by its own measure or the caller's (seconds; nil: none).
    /// The lock is free when the lease is.
    func acquire(
        _ name: ConnectionName, atMost limit: Double?, _ cancellation: Cancellation
    ) throws(MSAuthError) -> any Lease
}

package protocol Lease: AnyObject, Sendable {}

package protocol Clock: Sendable {
    /// Seconds since 1970, UTC.
    var wall: Int { get }

    /// Seconds since the machine started, suspended time included: what deadlines are measured by.
    var boot: Double { get }

    /// Sleeps so many seconds, or until cancelled.
    func sleep(_ seconds: Double, _ cancellation: Cancellation)
}

/// What is left to a cryptographic library.
package protocol Crypto: Sendable {
    /// FIPS 180-4; 32 bytes.
    func sha256(_ bytes: Secret) throws(MSAuthError) -> [UInt8]

    /// AES-GCM, NIST SP 800-38D: the ciphertext, and behind it the tag of 16 bytes. The key has 16, 24 or 32 bytes, the
    /// nonce 12 that were never used with it before.
    func seal(_ plaintext: Secret, key: Secret, nonce: [UInt8]) throws(MSAuthError) -> [UInt8]

    /// Whether the key made the signature: RFC 7518 section 3.3, or 3.5 with a salt of 32 bytes.
    func verify(
        _ signature: Secret, of message: Secret, by key: RSAPublicKey, _ algorithm: SigningAlgorithm
    ) throws(MSAuthError) -> Bool

    /// Bytes that nobody can foretell.
    func random(_ count: Int) -> Secret
}

/// Hears the browser that comes back from the sign-in page, on this machine alone.
package protocol Listener: Sendable {
    /// Takes a port on every address that the host stands for; any that is free when none is named.
    func listen(on host: LoopbackHost, port: Int?) throws(MSAuthError) -> any LoopbackPort
}

/// A port that is taken until it is closed, or let go.
package protocol LoopbackPort: AnyObject, Sendable {
    var number: Int { get }

    /// Answers what arrives until an answer is the last one; false when so many seconds are over, throws `cancelled`.
    ///
    /// Another user's requests are refused before `answer` sees them. Size, number and time of requests are bounded.
    func serve(
        seconds: Double, _ cancellation: Cancellation, _ answer: (LoopbackRequest) -> LoopbackAnswer
    ) throws(MSAuthError) -> Bool

    /// From another thread, once the operation is cancelled: when it returns the port is free, or will be in a moment.
    func interrupt()

    func close()
}

/// Opens an address where the user can see it.
package protocol Browser: Sendable {
    /// The words that will be run: of the command that is named, or of what the desktop has; nil where there is none.
    func command(_ named: String?) throws(MSAuthError) -> [String]?

    /// Runs them with the address, and does not wait for the end; false when that failed.
    func open(_ address: String, by command: [String]) -> Bool
}

/// Says what is done, for people who look for the reason of something. Lines hold no secret.
package protocol Log: Sendable {
    /// The text is only made when somebody reads it.
    func write(_ line: () -> String)
}

/// Reads certificates with their private keys.
package protocol Certificates: Sendable {
    /// The bytes of a regular file, at most 64 KiB; what is wrong is `invalidArgument` and names the option.
    func read(_ path: String, for option: OptionName) throws(MSAuthError) -> Secret

    /// Throws `unusableKey` for what is no certificate with its RSA key.
    func open(_ material: CertificateMaterial) throws(MSAuthError) -> any SigningKey
}

/// A private RSA key, and its certificate unless it is bare.
package protocol SigningKey: Sendable {
    /// The certificate's thumbprints.
    var sha1: [UInt8]? { get }
    var sha256: [UInt8]? { get }

    /// DER, the key's own certificate first; each other has issued the one before.
    var chain: [[UInt8]] { get }

    /// When the certificate counts, in seconds since 1970.
    var validity: (begins: Int, ends: Int)? { get }

    /// Nil where the key cannot sign by PS256 as RFC 7518 section 3.5 has it: not by PSS at all, or with another salt.
    func sign(_ message: Secret, _ algorithm: SigningAlgorithm) throws(MSAuthError) -> [UInt8]?
}

/// Reads the XML of strangers: without a document type, without entities of its own, and with nothing from elsewhere.
package protocol XMLReader: Sendable {
    /// What stands in elements of the local name `sealed` has its place in the document, but is not copied: it is a secret.
    ///
    /// Throws `untrusted` for what is not XML or too much of it, `unsupported` where nothing can read it.
    func read(_ document: Secret, sealing sealed: String) throws(MSAuthError) -> XMLElement
}

/// The machine and the process that this runs in: what a platform that gives identities has left there.
package protocol Machine: Sendable {
    /// A variable of this process; nil where it is not set or empty.
    func variable(_ name: String) -> String?

    func exists(_ path: String) -> Bool

    /// The bytes of a regular file. Nothing on the way to it may be a symbolic link.
    func read(_ path: String, limit: Int) throws(FileRefusal) -> Secret

    /// The same, but links are followed: Kubernetes replaces files by them.
    func readFollowingLinks(_ path: String, limit: Int) throws(FileRefusal) -> Secret

    /// Whether the instance metadata service answered when it was probed; nil before. One for the whole process.
    var imdsAnswers: Bool? { get }
    func remember(imdsAnswers: Bool)
}

/// Why a file is not read.
package enum FileRefusal: Error, Sendable, Equatable {
    case missing
    case forbidden
    /// A symbolic link, a folder, a pipe or a device.
    case notRegular
    case tooLarge
    case failed(String)
}

/// Runs programs for what they print.
package protocol Commands: Sendable {
    /// What it prints until it ends well: by its words, without a shell, in a session of its own, with the environment of
    /// this process and no input. When it is not wanted any longer (time, size, cancellation) its whole group is killed.
    func output(
        of words: [String], limit: Int, seconds: Double, _ cancellation: Cancellation
    ) throws(CommandFailure) -> Secret
}

/// Why a program printed nothing that counts.
package enum CommandFailure: Error, Sendable, Equatable {
    case notStarted(String)
    /// No descriptor is left.
    case exhausted
    /// How it ended: "status 1", "signal 11".
    case failed(String)
    /// Or was cancelled: the cancellation knows.
    case tookTooLong
    case tooMuch
}
