import Foundation
import Testing

@testable import MSAuth

/// The world of a test: each part can be changed, and the transport fails loudly on a request that nobody expected.
final class Fixture: Sendable {
    let transport = FakeTransport()
    let clock = FakeClock()
    let store = FakeStore()
    let log = FakeLog()
    let certificates = FakeCertificates()
    let machine = FakeMachine()
    let crypto = FakeCrypto()
    let listener = FakeListener()
    let browser = FakeBrowser()
    let commands = FakeCommands()
    let xml = FakeXML()

    static let clientID = "11111111-2222-3333-4444-555555555555"

    var environment: Environment {
        Environment(
            transport: transport, store: store, locks: Turns(), clock: clock, log: log, crypto: crypto,
            certificates: certificates, machine: machine, listener: listener, browser: browser, commands: commands,
            xml: xml)
    }

    func client(_ values: [OptionName: String] = [:]) throws -> Client {
        Client(try Fixture.options(values), environment)
    }

    func run(_ options: Options = Options(), prompts: Collected<Prompt> = Collected()) -> Run {
        Run(environment, options, cancellation: Cancellation(), show: { prompts.append($0) })
    }

    static func options(_ values: [OptionName: String]) throws -> Options {
        var options = Options()
        for (name, value) in values { try options.set(name, value) }
        return options
    }

    /// Client credentials, complete.
    static var secretOptions: Options {
        get throws {
            try options([
                .grant: "client_secret", .clientID: clientID, .tenant: "contoso.com", .clientSecret: "s3cret-value",
            ])
        }
    }

    /// A token broker's application, complete.
    static var brokerOptions: Options {
        get throws {
            try options([
                .grant: "token_broker", .brokerID: "id-1", .brokerToken: "tok-ABC.123",
                .brokerKey: "AAECAwQFBgcICQoLDA0ODw==", .brokerApp: "ms-graph-calendar",
            ])
        }
    }

    /// A browser that comes back to a program of its own, or to a port of ours.
    static func browserOptions(_ grant: Grant, _ more: [OptionName: String] = [:]) throws -> Options {
        var values: [OptionName: String] = [.grant: grant.rawValue, .clientID: clientID, .tenant: "contoso.com"]
        if grant == .authorizationCode { values[.redirectURI] = "https://app.contoso.com/signed-in" }
        return try options(values.merging(more) { $1 })
    }

    static var deviceOptions: Options {
        get throws { try options([.grant: "device_code", .clientID: clientID, .tenant: "contoso.com"]) }
    }
}

/// What several threads may add to.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Lock<[Element]>([])
    func append(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}

final class FakeTransport: Transport {
    typealias Answer = @Sendable (HTTPRequest) -> Result<HTTPResponse, MSAuthError>

    private let answers = Lock<[Answer]>([])
    private let sent = Collected<HTTPRequest>()

    var requests: [HTTPRequest] { sent.all }

    func expect(_ status: Int, _ body: String, headers: [String: String] = [:]) {
        expect { _ in .success(HTTPResponse(status: status, headers: headers, body: Secret(body))) }
    }

    func expect(_ body: String) { expect(200, body) }

    func expect(_ failure: MSAuthError) {
        expect { _ in .failure(failure) }
    }

    func expect(_ answer: @escaping Answer) { answers.withLock { $0.append(answer) } }

    func send(_ request: HTTPRequest, _ cancellation: Cancellation) throws(MSAuthError) -> HTTPResponse {
        sent.append(request)
        let answer: Answer? = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let answer else {
            Issue.record("nobody expected \(request.method) \(request.url)")
            throw MSAuthError(.internalError, "unexpected request")
        }
        return try answer(request).get()
    }

    /// The members of a request that was sent as JSON.
    func json(_ index: Int) -> JSON? { requests[index].body.flatMap { JSON($0) } }

    /// The fields of a request that was sent.
    func form(_ index: Int) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in requests[index].body!.text().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts[1].replacing("+", with: " ")
            fields[String(parts[0])] = String(value).removingPercentEncoding
        }
        return fields
    }
}

final class FakeClock: Clock {
    private struct State {
        var wall = 1_700_000_000
        var boot = 1000.0
        var sleeps: [Double] = []
    }

    private let state = Lock(State())

    var wall: Int { state.withLock { $0.wall } }
    var boot: Double { state.withLock { $0.boot } }
    var sleeps: [Double] { state.withLock { $0.sleeps } }

    func sleep(_ seconds: Double, _ cancellation: Cancellation) {
        state.withLock { $0.sleeps.append(seconds) }
        advance(seconds)
    }

    func advance(_ seconds: Double) {
        state.withLock { state in
            state.wall += Int(seconds)
            state.boot += seconds
        }
    }

    /// Somebody sets the machine's clock.
    func setWall(_ wall: Int) { state.withLock { $0.wall = wall } }
}

/// A memory store that can refuse.
final class FakeStore: Store {
    private let memory = MemoryStore()
    private let refusal = Lock<MSAuthError?>(nil)
    private let silence = Lock<MSAuthError?>(nil)
    private let interruption = Lock<(@Sendable () -> Void)?>(nil)
    let asides = Collected<String>()

    let name = "fake"
    let isPersistent = true

    /// Another process writes after this one has read.
    func afterNextRead(_ body: @escaping @Sendable () -> Void) { interruption.withLock { $0 = body } }

    func refuseWrites(_ error: MSAuthError?) { refusal.withLock { $0 = error } }

    func refuseReads(_ error: MSAuthError?) { silence.withLock { $0 = error } }

    func read(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> [Secret] {
        let interruption = interruption.withLock { interruption in
            defer { interruption = nil }
            return interruption
        }
        defer { interruption?() }
        if let error = silence.withLock({ $0 }) { throw error }
        return try memory.read(name, cancellation)
    }

    func write(_ name: ConnectionName, _ record: Secret, _ cancellation: Cancellation) throws(MSAuthError) {
        if let error = refusal.withLock({ $0 }) { throw error }
        try memory.write(name, record, cancellation)
    }

    func delete(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> Bool {
        try memory.delete(name, cancellation)
    }

    func setAside(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) {
        asides.append(name.text)
        _ = try memory.delete(name, cancellation)
    }

    func list(_ cancellation: Cancellation) throws(MSAuthError) -> [StoredConnection] { try memory.list(cancellation) }

    /// What stands under the name now.
    func record(_ name: String) throws -> Record? {
        try read(ConnectionName(name), Cancellation()).first.map { try RecordFormat.read($0) }
    }

    func put(_ name: String, _ text: String) throws {
        try memory.write(ConnectionName(name), Secret(text), Cancellation())
    }
}

/// Not random, and no hash: each is recognised.
final class FakeCrypto: Crypto {
    private let count = Lock(0)

    func sha256(_ bytes: Secret) -> [UInt8] { Array("hash of ".utf8) + bytes }

    /// Seals nothing: the text stands open, and the tag is as long as a real one.
    func seal(_ plaintext: Secret, key: Secret, nonce: [UInt8]) throws(MSAuthError) -> [UInt8] {
        Array(plaintext) + [UInt8](repeating: 0x54, count: 16)
    }

    /// A signature is good when it names the algorithm and the key's last byte.
    func verify(
        _ signature: Secret, of message: Secret, by key: RSAPublicKey, _ algorithm: SigningAlgorithm
    ) throws(MSAuthError) -> Bool { signature.text() == "\(algorithm.rawValue) by \(key.modulus.last ?? 0)" }

    func random(_ count: Int) -> Secret {
        let number = self.count.withLock { number in
            number += 1
            return number
        }
        return Secret([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count))
    }
}

/// A port on which requests arrive that a test makes of the address that the browser was given.
final class FakeListener: Listener {
    typealias Arriving = @Sendable (_ port: Int) -> [LoopbackRequest]

    private let arriving = Lock<Arriving>({ _ in [] })
    let answers = Collected<LoopbackAnswer>()
    let asked = Collected<String>()
    let closings = Collected<Int>()

    func arrive(_ requests: @escaping Arriving) { arriving.withLock { $0 = requests } }

    func listen(on host: LoopbackHost, port: Int?) throws(MSAuthError) -> any LoopbackPort {
        asked.append("\(host.rawValue) \(port.map(String.init) ?? "any")")
        return Port(self, port ?? 54321)
    }

    private final class Port: LoopbackPort {
        let listener: FakeListener
        let number: Int

        init(_ listener: FakeListener, _ number: Int) {
            self.listener = listener
            self.number = number
        }

        func serve(
            seconds: Double, _ cancellation: Cancellation, _ answer: (LoopbackRequest) -> LoopbackAnswer
        ) throws(MSAuthError) -> Bool {
            for request in listener.arriving.withLock({ $0 })(number) {
                let answered = answer(request)
                listener.answers.append(answered)
                if answered.isLast { return true }
            }
            return false
        }

        func interrupt() {}

        func close() { listener.closings.append(number) }
    }
}

final class FakeBrowser: Browser {
    let opened = Collected<String>()
    private let starts = Lock(true)

    func fail() { starts.withLock { $0 = false } }

    func command(_ named: String?) throws(MSAuthError) -> [String]? { named == "none" ? nil : [named ?? "browser"] }

    func open(_ address: String, by command: [String]) -> Bool {
        opened.append((command + [address]).joined(separator: " "))
        return starts.withLock { $0 }
    }
}

/// Programs that print what a test says.
final class FakeCommands: Commands {
    private let printed = Lock<Result<String, CommandFailure>>(.failure(.notStarted("No such file or directory")))
    let started = Collected<[String]>()

    func print(_ output: Result<String, CommandFailure>) { printed.withLock { $0 = output } }

    func output(
        of words: [String], limit: Int, seconds: Double, _ cancellation: Cancellation
    ) throws(CommandFailure) -> Secret {
        started.append(words)
        return Secret(try printed.withLock { $0 }.get())
    }
}

final class FakeLog: Log {
    let lines = Collected<String>()
    func write(_ line: () -> String) { lines.append(line()) }
}

/// Files by their path; each holds the certificate that its text names, and signs with that text.
final class FakeCertificates: Certificates {
    private let files = Lock<[String: String]>([:])
    private let opened = Collected<CertificateMaterial>()

    var openings: [CertificateMaterial] { opened.all }

    func put(_ path: String, _ text: String) { files.withLock { $0[path] = text } }

    func read(_ path: String, for option: OptionName) throws(MSAuthError) -> Secret {
        guard let text = files.withLock({ $0[path] }) else { throw .invalidArgument("no file \(path)") }
        return Secret(text)
    }

    func open(_ material: CertificateMaterial) throws(MSAuthError) -> any SigningKey {
        opened.append(material)
        let name = material.bytes.text()
        guard name != "nonsense" else { throw MSAuthError(.unusableKey, "\(material.origin) holds nonsense.") }
        if material.uri != nil, material.password?.text() == "0000" {
            var error = MSAuthError(.unusableKey, "The key cannot be opened.", hint: "Check the PIN.")
            error.mayBeWrongPIN = true
            throw error
        }
        return FakeKey(name: name)
    }
}

struct FakeKey: SigningKey {
    let name: String
    private var isBare: Bool { name == "bare" }

    var sha1: [UInt8]? { isBare ? nil : Array(repeating: 0xFB, count: 20) }
    var sha256: [UInt8]? { isBare ? nil : Array(repeating: 0xFF, count: 32) }
    var chain: [[UInt8]] { isBare ? [] : [Array(name.utf8), Array("issuer".utf8)] }
    var validity: (begins: Int, ends: Int)? {
        switch name {
        case "expired": (0, 1_600_000_000)
        case "early": (1_800_000_000, 2_000_000_000)
        default: (0, 2_000_000_000)
        }
    }

    func sign(_ message: Secret, _ algorithm: SigningAlgorithm) throws(MSAuthError) -> [UInt8]? {
        if name == "broken" || name == "no PSS" && algorithm == .ps256 { return nil }
        return Array("\(algorithm.rawValue) by \(name)".utf8)
    }
}

/// A machine with the variables and files that a test gives it.
final class FakeMachine: Machine {
    private struct State {
        var variables: [String: String] = [:]
        var files: [String: Result<String, FileRefusal>] = [:]
        var imdsAnswers: Bool?
    }

    private let state = Lock(State())

    var imdsAnswers: Bool? { state.withLock { $0.imdsAnswers } }
    func remember(imdsAnswers: Bool) { state.withLock { $0.imdsAnswers = imdsAnswers } }

    func set(_ variables: [String: String]) { state.withLock { $0.variables = variables } }
    func put(_ path: String, _ content: Result<String, FileRefusal>) { state.withLock { $0.files[path] = content } }

    func variable(_ name: String) -> String? { state.withLock { $0.variables[name] } }
    func exists(_ path: String) -> Bool { state.withLock { $0.files[path] != nil } }

    func readFollowingLinks(_ path: String, limit: Int) throws(FileRefusal) -> Secret { try read(path, limit: limit) }

    func read(_ path: String, limit: Int) throws(FileRefusal) -> Secret {
        Secret(try (state.withLock { $0.files[path] } ?? .failure(.missing)).get())
    }
}

/// Bodies of answers.
enum Answers {
    static func token(_ token: String = "access.token.1", _ more: String = "") -> String {
        "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"\(token)\"\(more)}"
    }

    /// With a refresh token and somebody who signed in.
    static func user(_ token: String = "access.token.1", refresh: String? = "refresh-1", uid: String = "alice")
        -> String
    {
        let info = encode("{\"uid\":\"\(uid)\",\"utid\":\"contoso\"}")
        return self.token(
            token,
            (refresh.map { ",\"refresh_token\":\"\($0)\"" } ?? "")
                + ",\"client_info\":\"\(info)\",\"scope\":\"User.Read\"")
    }

    /// What a sign-in on a page ends with: its ID token says which one it was.
    static func page(nonce: String, username: String = "alice@contoso.com") -> String {
        let claims = encode(
            "{\"aud\":\"\(Fixture.clientID)\",\"exp\":9999999999,\"iss\":\"https://login.microsoftonline.com/t/v2.0\","
                + "\"tid\":\"t\",\"sub\":\"s\",\"preferred_username\":\"\(username)\",\"nonce\":\"\(nonce)\"}")
        let info = encode("{\"uid\":\"\(username.prefix { $0 != "@" })\",\"utid\":\"contoso\"}")
        return token(
            "access.token.1",
            ",\"refresh_token\":\"refresh-1\",\"id_token\":\"e30.\(claims).c2ln\",\"client_info\":\"\(info)\"")
    }

    static func device(interval: Int = 5, expiresIn: Int = 900) -> String {
        "{\"device_code\":\"DEVICE\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"https://microsoft.com/devicelogin\","
            + "\"expires_in\":\(expiresIn),\"interval\":\(interval),\"message\":\"enter it\"}"
    }

    static func error(_ code: String, _ more: String = "") -> String { "{\"error\":\"\(code)\"\(more)}" }

    static let pending = error("authorization_pending", ",\"error_codes\":[70016]")

    static func encode(_ json: String) -> String {
        Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }
}

/// On a thread of its own: the shared ones may all be busy with other tests.
func soon(_ body: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 0.02)
        body()
    }
}

/// The status that an expression throws; nil when it does not.
func status(_ body: () throws -> Void) -> Status? {
    do {
        try body()
        return nil
    } catch {
        return (error as? MSAuthError)?.status
    }
}
