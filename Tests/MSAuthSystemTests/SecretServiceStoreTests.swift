import Glibc
import MSAuth
import MSAuthSystem
import Testing

/// Against a real gnome-keyring, on a bus of each test's own. Serialized, because some measure time.
@Suite(.serialized, .enabled(if: Keyrings.areInstalled, "needs gnome-keyring, dbus-daemon, gdbus and libsecret"))
struct SecretServiceStoreTests {
    private let none = Cancellation()

    @Test("A record is read as it was written, and gone when deleted")
    func roundTrip() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        #expect(try store.read(work, none).isEmpty)
        #expect(try store.delete(work, none) == false)
        try store.write(work, Secret(#"{"a":"é"}"#), none)
        try store.write(try ConnectionName("other"), Secret("{}"), none)
        #expect(try store.read(work, none).map { $0.text() } == [#"{"a":"é"}"#])
        #expect(try bus.store().list(none).map(\.name).sorted() == ["other", "work"])
        #expect(try store.delete(work, none))
        #expect(try store.read(work, none).isEmpty)
        #expect(try store.list(none).map(\.name) == ["other"])
    }

    @Test("A record of 256 KiB with bytes of every kind comes back whole")
    func largeRecord() throws {
        let bus = try Bus(keyring: "password")
        let work = try ConnectionName("work")
        let record = Secret((0..<262_144).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try bus.store().write(work, record, none)
        let read = try bus.store().read(work, none)
        #expect(read.count == 1 && read.first?.matches(record) == true)
    }

    @Test("A second write replaces the record in place")
    func updateInPlace() throws {
        let bus = try Bus(keyring: "password")
        let work = try ConnectionName("work")
        try bus.store().write(work, Secret("1"), none)
        let before = try bus.items()
        try bus.store().write(work, Secret("2"), none)
        #expect(try bus.items() == before)
        #expect(try bus.store().read(work, none).map { $0.text() } == ["2"])
    }

    @Test("All records of one name are read, and a write leaves one")
    func duplicates() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        // Two names that become one, as two programs that create at once would leave them.
        try store.write(work, Secret("1"), none)
        try store.write(try ConnectionName("twin"), Secret("2"), none)
        try bus.rename("twin", to: "work")
        #expect(try store.read(work, none).map { $0.text() }.sorted() == ["1", "2"])
        #expect(try store.list(none).map(\.records.count) == [2])
        try store.write(work, Secret("3"), none)
        #expect(try store.read(work, none).map { $0.text() } == ["3"])
        try store.write(try ConnectionName("twin"), Secret("4"), none)
        try bus.rename("twin", to: "work")
        #expect(try store.delete(work, none))
        #expect(try store.list(none).isEmpty)
    }

    @Test("A record that was set aside is found by no name, and is still there")
    func setAside() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        try store.write(work, Secret("broken"), none)
        try store.setAside(work, none)
        #expect(try store.read(work, none).isEmpty)
        #expect(try store.list(none).isEmpty)
        #expect(try store.delete(work, none) == false)
        #expect(try bus.items().count == 1)
        #expect(try bus.property("Label", of: bus.items()[0]).contains("msauth: work (unreadable)"))
        #expect(try bus.property("Attributes", of: bus.items()[0]).contains("'unreadable': 'work'"))
    }

    @Test("Items carry the label and the schema that people see in their keyring")
    func labels() throws {
        let bus = try Bus(keyring: "password")
        try bus.store().write(try ConnectionName("a.b_c@d+e-f"), Secret("{}"), none)
        #expect(try bus.property("Label", of: bus.items()[0]).contains("'msauth: a.b_c@d+e-f'"))
        let attributes = try bus.property("Attributes", of: bus.items()[0])
        #expect(attributes.contains("'name': 'a.b_c@d+e-f'"))
        #expect(attributes.contains("'xdg:schema': 'org.msauth.Connection'"))
    }

    @Test("A locked keyring is locked for every call, and never empty")
    func locked() throws {
        let bus = try Bus(keyring: "password")
        let work = try ConnectionName("work")
        try bus.store().write(work, Secret("{}"), none)
        try bus.restartKeyring("another password")
        for store in [bus.store(), bus.store(storePrompt: true)] {
            #expect(throws: Failure(.storeLocked)) { try failure { try store.read(work, none) } }
            #expect(throws: Failure(.storeLocked)) { try failure { try store.write(work, Secret("2"), none) } }
            #expect(throws: Failure(.storeLocked)) { try failure { try store.delete(work, none) } }
            #expect(throws: Failure(.storeLocked)) { try failure { try store.setAside(work, none) } }
            #expect(throws: Failure(.storeLocked)) { try failure { try store.list(none) } }
        }
        try bus.restartKeyring("password")
        #expect(try bus.store().read(work, none).map { $0.text() } == ["{}"])
    }

    @Test("A keyring that is locked while it is in use is locked for the next call")
    func lockedLater() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        try store.write(work, Secret("{}"), none)
        try bus.lock()
        #expect(throws: Failure(.storeLocked)) { try failure { try store.read(work, none) } }
        #expect(throws: Failure(.storeLocked)) { try failure { try store.delete(work, none) } }
    }

    @Test("Without a default collection there is no empty keyring, but one that is not set up")
    func noCollection() throws {
        let bus = try Bus(keyring: "")
        let work = try ConnectionName("work")
        #expect(throws: Failure(.storeUnavailable, "default collection")) {
            try failure { try bus.store().read(work, none) }
        }
        #expect(throws: Failure(.storeUnavailable, "default collection")) {
            try failure { try bus.store().write(work, Secret("{}"), none) }
        }
        #expect(try bus.store(storePrompt: true).read(work, none).isEmpty)
    }

    @Test("A bus without a keyring makes the store unavailable, with the ways out in the hint")
    func noService() throws {
        let bus = try Bus()
        let error = try #require(throws: MSAuthError.self) { try bus.store().list(none) }
        #expect(error.status == .storeUnavailable)
        #expect(error.message.contains("no keyring on the session bus"))
        #expect(error.hint?.contains("gnome-keyring") == true && error.hint?.contains("memory") == true)
    }

    @Test("An address where nobody listens makes the store unavailable")
    func deadSocket() throws {
        let store = SecretServiceStore(busAddress: "unix:path=/nowhere/bus")
        #expect(throws: Failure(.storeUnavailable, "cannot be reached")) { try failure { try store.list(none) } }
    }

    @Test("Without any bus the store is unavailable", .enabled(if: Keyrings.thereIsNoUserBus))
    func noAddress() throws {
        let store = SecretServiceStore(busAddress: "")
        #expect(throws: Failure(.storeUnavailable, "no session bus")) { try failure { try store.list(none) } }
    }

    @Test("An address that would start a program or cross a network is refused")
    func otherTransports() throws {
        for address in ["autolaunch:", "tcp:host=localhost,port=1", "unix:path=/a;autolaunch:", "unixexec:path=/a"] {
            let store = SecretServiceStore(busAddress: address)
            #expect(throws: Failure(.storeUnavailable, "Unix socket")) { try failure { try store.list(none) } }
        }
    }

    @Test("A keyring that was restarted is used again")
    func restartedKeyring() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        try store.write(work, Secret("1"), none)
        try bus.restartKeyring("password")
        #expect(try store.read(work, none).map { $0.text() } == ["1"])
        try bus.restartKeyring("password")
        try store.write(work, Secret("2"), none)
        #expect(try store.read(work, none).map { $0.text() } == ["2"])
    }

    @Test("A bus that died makes the store unavailable, and a new one at the same address is used")
    func restartedBus() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        try store.write(work, Secret("1"), none)
        bus.stop()
        #expect(throws: Failure(.storeUnavailable)) { try failure { try store.read(work, none) } }
        try bus.start(keyring: "password")
        #expect(try store.read(work, none).map { $0.text() } == ["1"])
    }

    @Test("A bus that dies in the middle of a call makes the store unavailable, and nothing else")
    func busDiesInCall() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        let work = try ConnectionName("work")
        try store.write(work, Secret("1"), none)
        bus.keyring?.signal(SIGSTOP)
        let killer = Background {
            usleep(100_000)
            bus.daemon?.signal(SIGKILL)
        }
        let begin = now()
        #expect(throws: Failure(.storeUnavailable)) { try failure { try store.read(work, none) } }
        #expect(now() - begin < 3)
        killer.wait()
    }

    @Test("A keyring that never answers is unavailable when the time is over")
    func deadline() throws {
        let bus = try Bus(keyring: "password")
        let warm = bus.store(timeout: 0.5)
        #expect(try warm.list(none).isEmpty)
        bus.keyring?.signal(SIGSTOP)
        for store in [warm, bus.store(timeout: 0.5)] {
            let begin = now()
            #expect(throws: Failure(.storeUnavailable, "did not answer within 0.5 seconds")) {
                try failure { try store.read(try ConnectionName("work"), none) }
            }
            #expect((0.45..<2).contains(now() - begin))
        }
        bus.keyring?.signal(SIGCONT)
        #expect(try warm.list(none).isEmpty)
    }

    @Test("A cancelled call ends within 100 ms, wherever it is")
    func cancellation() throws {
        let bus = try Bus(keyring: "password")
        let warm = bus.store()
        #expect(try warm.list(none).isEmpty)
        bus.keyring?.signal(SIGSTOP)
        let silent = try SilentSocket()
        // In a step, while a session is opened, and while the bus is being connected to.
        for store in [warm, bus.store(), SecretServiceStore(busAddress: silent.address)] {
            // The fastest of three: other work of the machine delays threads too.
            let fastest = try (0..<3).map { _ in try secondsToCancel(store) }.min()
            #expect(try #require(fastest) < 0.1)
        }
        let already = Cancellation()
        already.cancel()
        #expect(throws: Failure(.cancelled)) { try failure { try warm.list(already) } }
    }

    private func secondsToCancel(_ store: SecretServiceStore) throws -> Double {
        let cancellation = Cancellation()
        let cancelled = Monitor(0.0)
        let canceller = Background {
            usleep(100_000)
            cancelled.change { $0 = now() }
            cancellation.cancel()
        }
        defer { canceller.wait() }
        #expect(throws: Failure(.cancelled)) { try failure { try store.list(cancellation) } }
        return now() - cancelled.change { $0 }
    }

    @Test("A caller that waits for its turn keeps its own time and can be cancelled")
    func turns() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store(timeout: 1)
        #expect(try store.list(none).isEmpty)
        bus.keyring?.signal(SIGSTOP)
        let first = Background { #expect(throws: MSAuthError.self) { try store.list(Cancellation()) } }
        usleep(100_000)
        let cancellation = Cancellation()
        let canceller = Background {
            usleep(200_000)
            cancellation.cancel()
        }
        let begin = now()
        #expect(throws: Failure(.cancelled)) { try failure { try store.list(cancellation) } }
        #expect(now() - begin < 0.9)
        #expect(throws: Failure(.storeUnavailable)) { try failure { try store.list(none) } }
        #expect(now() - begin < 4)
        first.wait()
        canceller.wait()
    }

    @Test("Eight threads use one store, and eight stores, at once")
    func threads() throws {
        let bus = try Bus(keyring: "password")
        let shared = bus.store()
        let threads = (0..<8).map { number in
            Background {
                #expect(throws: Never.self) {
                    let own = bus.store()
                    let name = try ConnectionName("c\(number)")
                    for round in 0..<10 {
                        let store = round.isMultiple(of: 2) ? shared : own
                        try store.write(name, Secret("\(number) \(round)"), Cancellation())
                        #expect(try store.read(name, Cancellation()).map { $0.text() } == ["\(number) \(round)"])
                    }
                }
            }
        }
        for thread in threads { thread.wait() }
        #expect(try shared.list(none).count == 8)
    }

    @Test("A store gives back its connection, and its memory, when it is freed")
    func freed() throws {
        let bus = try Bus(keyring: "password")
        #expect(try bus.store().list(none).isEmpty)
        let before = openDescriptors()
        for _ in 0..<20 { #expect(try bus.store().list(none).isEmpty) }
        // GLib closes in a thread of its own.
        for _ in 0..<100 where openDescriptors() > before { usleep(10_000) }
        #expect(openDescriptors() <= before)
    }

    @Test("A forked child of a process that used the keyring is told at once")
    func forked() throws {
        let bus = try Bus(keyring: "password")
        let store = bus.store()
        #expect(try store.list(none).isEmpty)
        let begin = now()
        let status = try inChild {
            do throws(MSAuthError) {
                _ = try store.list(Cancellation())
                return 0
            } catch {
                return error.message.contains("forked") ? error.status.rawValue : 1
            }
        }
        #expect(status == Status.storeUnavailable.rawValue)
        #expect(now() - begin < 3)
        #expect(try store.list(none).isEmpty)
    }

    @Test("A service that cannot encrypt gets nothing, unless that is allowed", .enabled(if: Keyrings.canBeFaked))
    func plainSession() throws {
        let bus = try Bus()
        let fake = try bus.fake()
        let work = try ConnectionName("work")
        #expect(throws: Failure(.storeUnavailable, "cannot encrypt")) {
            try failure { try bus.store().write(work, Secret("{}"), none) }
        }
        #expect(throws: Failure(.storeLocked)) {
            try failure { try bus.store(storePlainSession: true).write(work, Secret("{}"), none) }
        }
        fake.stop()
    }

    @Test("A prompt that the user dismisses leaves the keyring locked, at once", .enabled(if: Keyrings.canBeFaked))
    func dismissedPrompt() throws {
        let bus = try Bus()
        let fake = try bus.fake()
        let store = bus.store(storePrompt: true, storePlainSession: true)
        let begin = now()
        #expect(throws: Failure(.storeLocked, "did not agree")) { try failure { try store.list(none) } }
        #expect(now() - begin < 3)
        fake.stop()
    }

    @Test("What is declared of libsecret agrees with its headers", .enabled(if: Keyrings.headersAreInstalled))
    func declarations() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let flags = "-fsyntax-only -DCSECRET_COMPARE $(pkg-config --cflags libsecret-1)"
        #expect(try run("cc \(flags) -x c '\(root)/Sources/CSecret/libsecret.h' 2>&1") == "")
    }
}

// MARK: - What a call is expected to fail with

/// A status, and words that the message must have.
private struct Failure: Error, Equatable {
    var status: Status
    var words: String

    init(_ status: Status, _ words: String = "") {
        self.status = status
        self.words = words
    }

    static func == (one: Failure, other: Failure) -> Bool {
        one.status == other.status && (one.words.contains(other.words) || other.words.contains(one.words))
    }
}

private func failure(_ body: () throws -> some Any) throws {
    do { _ = try body() } catch let error as MSAuthError { throw Failure(error.status, error.message) }
}

private func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func openDescriptors() -> Int {
    (0..<1024).count { fcntl($0, F_GETFD) >= 0 }
}

// MARK: - A bus and a keyring of the test's own

private enum Keyrings {
    static var areInstalled: Bool {
        let search = "command -v gnome-keyring-daemon && command -v dbus-daemon && command -v gdbus"
        return (try? run("\(search) && ldconfig -p | grep libsecret-1.so.0"))?.contains("libsecret") == true
    }

    static var canBeFaked: Bool { (try? run("/usr/bin/python3 -c 'import dbus, gi; print(1)' 2>/dev/null")) == "1\n" }

    static var thereIsNoUserBus: Bool { unsafe access("/run/user/\(geteuid())/bus", F_OK) != 0 }

    static var headersAreInstalled: Bool {
        (try? run("command -v cc >/dev/null && pkg-config --exists libsecret-1 && echo 1")) == "1\n"
    }
}

/// A session bus in a folder of its own, on which nothing can be activated, and gnome-keyring on it.
private final class Bus: @unchecked Sendable {
    let folder: String
    private(set) var daemon: Program?
    private(set) var keyring: Program?

    init() throws {
        folder = "/tmp/msauth-keyring-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        _ = try run("mkdir -p '\(folder)/run' '\(folder)/home' && chmod 700 '\(folder)/run'")
        try start(keyring: nil)
    }

    /// The password with which the keyring is made, and unlocked if it is there; an empty one makes none.
    convenience init(keyring password: String) throws {
        try self.init()
        try startKeyring(password)
    }

    deinit {
        stop()
        _ = try? run("rm -rf '\(folder)'")
    }

    var address: String { "unix:path=\(folder)/bus" }

    func store(
        timeout: Double = 10, storePrompt: Bool = false, storePlainSession: Bool = false
    ) -> SecretServiceStore {
        SecretServiceStore(
            timeout: timeout, storePrompt: storePrompt, storePlainSession: storePlainSession, busAddress: address)
    }

    private var environment: String {
        "HOME='\(folder)/home' XDG_DATA_HOME='\(folder)/home/data' XDG_CONFIG_HOME='\(folder)/home/config' "
            + "XDG_CACHE_HOME='\(folder)/home/cache' XDG_RUNTIME_DIR='\(folder)/run' "
            + "DBUS_SESSION_BUS_ADDRESS='\(address)'"
    }

    func start(keyring password: String?) throws {
        let configuration = """
            <busconfig><type>session</type><listen>\(address)</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
            <allow own="*"/></policy></busconfig>
            """
        _ = try run("rm -f '\(folder)/bus'; cat > '\(folder)/bus.conf' <<'END'\n\(configuration)\nEND")
        daemon = try Program("exec dbus-daemon --config-file='\(folder)/bus.conf' --nofork --nopidfile 2>/dev/null")
        for _ in 0..<500 where unsafe access("\(folder)/bus", F_OK) != 0 { usleep(10_000) }
        if let password { try startKeyring(password) }
    }

    func stop() {
        keyring?.stop()
        daemon?.stop()
    }

    private func startKeyring(_ password: String) throws {
        // The shell makes way for the keyring, so that a signal reaches it.
        keyring = try Program(
            "exec env \(environment) gnome-keyring-daemon --foreground --unlock --components=secrets "
                + "<'\(try file("password", password))' >/dev/null 2>&1")
        try waitForService()
    }

    func restartKeyring(_ password: String) throws {
        keyring?.stop()
        try startKeyring(password)
    }

    private func waitForService() throws {
        _ = try run("\(environment) gdbus wait --session --timeout 5 org.freedesktop.secrets")
    }

    private func file(_ name: String, _ text: String) throws -> String {
        _ = try run("printf %s '\(text)' > '\(folder)/\(name)'")
        return "\(folder)/\(name)"
    }

    private func call(_ path: String, _ method: String, _ arguments: String) throws -> String {
        try run(
            "\(environment) gdbus call --session -d org.freedesktop.secrets -o '\(path)' -m \(method) \(arguments)")
    }

    /// The paths of all items in the default collection.
    func items() throws -> [String] {
        try call(
            "/org/freedesktop/secrets/aliases/default", "org.freedesktop.DBus.Properties.Get",
            "org.freedesktop.Secret.Collection Items"
        ).split(separator: "'").map(String.init).filter { $0.hasPrefix("/org") }
    }

    func property(_ name: String, of item: String) throws -> String {
        try call(item, "org.freedesktop.DBus.Properties.Get", "org.freedesktop.Secret.Item \(name)")
    }

    func rename(_ name: String, to other: String) throws {
        for item in try items() where try property("Attributes", of: item).contains("'name': '\(name)'") {
            _ = try call(
                item, "org.freedesktop.DBus.Properties.Set",
                "org.freedesktop.Secret.Item Attributes "
                    + "\"<{'name': '\(other)', 'xdg:schema': 'org.msauth.Connection'}>\"")
        }
    }

    func lock() throws {
        _ = try call(
            "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
            "\"['/org/freedesktop/secrets/collection/login']\"")
    }

    /// A service that takes no encrypted session, whose collection is locked, and whose user dismisses every prompt.
    func fake() throws -> Program {
        let script = """
            import dbus, dbus.service, dbus.mainloop.glib
            from gi.repository import GLib
            dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
            bus = dbus.SessionBus()
            root = "/org/freedesktop/secrets"

            class NotSupported(dbus.DBusException):
                _dbus_error_name = "org.freedesktop.DBus.Error.NotSupported"

            class Service(dbus.service.Object):
                @dbus.service.method("org.freedesktop.Secret.Service", "sv", "vo")
                def OpenSession(self, algorithm, value):
                    if algorithm != "plain":
                        raise NotSupported("plain only")
                    return dbus.String("", variant_level=1), dbus.ObjectPath(root + "/session/1")

                @dbus.service.method("org.freedesktop.Secret.Service", "s", "o")
                def ReadAlias(self, alias):
                    return dbus.ObjectPath(root + "/collection/fake")

                @dbus.service.method("org.freedesktop.Secret.Service", "ao", "aoo")
                def Unlock(self, paths):
                    return dbus.Array([], "o"), dbus.ObjectPath(root + "/prompt/1")

            class Collection(dbus.service.Object):
                @dbus.service.method("org.freedesktop.DBus.Properties", "ss", "v")
                def Get(self, interface, name):
                    return dbus.Boolean(True, variant_level=1)

            class Prompt(dbus.service.Object):
                @dbus.service.method("org.freedesktop.Secret.Prompt", "s", "")
                def Prompt(self, window):
                    GLib.idle_add(lambda: self.Completed(True, dbus.Array([], "o", variant_level=1)))

                @dbus.service.signal("org.freedesktop.Secret.Prompt", "bv")
                def Completed(self, dismissed, result):
                    pass

            objects = [Service(bus, root), Collection(bus, root + "/collection/fake"), Prompt(bus, root + "/prompt/1")]
            name = dbus.service.BusName("org.freedesktop.secrets", bus)
            GLib.MainLoop().run()
            """
        let path = "\(folder)/fake.py"
        _ = try run("cat > '\(path)' <<'END'\n\(script)\nEND")
        let fake = try Program("exec env \(environment) /usr/bin/python3 '\(path)'")
        try waitForService()
        return fake
    }
}

/// A socket that takes connections and says nothing.
private final class SilentSocket {
    let address: String
    private let descriptor: Int32
    private let path: String

    init() throws {
        path = "/tmp/msauth-silent-\(getpid())"
        address = "unix:path=\(path)"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        unsafe unlink(path)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &name) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        try #require(bound == 0 && listen(descriptor, 8) == 0)
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
    }
}

// MARK: - Programs, threads, children

/// What a shell command writes.
private func run(_ command: String) throws -> String {
    let stream = try unsafe #require(popen(command, "re"))
    defer { unsafe pclose(stream) }
    var bytes: [UInt8] = []
    while true {
        let byte = unsafe fgetc(stream)
        guard byte >= 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(UInt8(truncatingIfNeeded: byte))
    }
}

/// A program that runs until it is stopped.
private final class Program {
    private var process: pid_t = 0

    init(_ command: String) throws {
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe []
        for argument in ["/bin/sh", "-c", command] { unsafe arguments.append(strdup(argument)) }
        unsafe arguments.append(nil)
        let failure = unsafe posix_spawn(&process, "/bin/sh", nil, nil, &arguments, environ)
        unsafe arguments.forEach { unsafe free($0) }
        try #require(failure == 0)
    }

    deinit { stop() }

    func signal(_ signal: Int32) { if process > 0 { kill(process, signal) } }

    func stop() {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        kill(process, SIGCONT)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        process = 0
    }
}

/// A thread of the test.
private final class Background {
    private let ended = Monitor(false)

    init(_ body: @escaping @Sendable () -> Void) {
        let ended = ended
        let box = Box {
            body()
            ended.change { $0 = true }
        }
        let work = unsafe Unmanaged.passRetained(box)
        var thread = pthread_t()
        unsafe pthread_create(
            &thread, nil,
            { argument in
                unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        pthread_detach(thread)
    }

    func wait() { _ = ended.wait { $0 ? true : nil } }

    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
}

/// The exit status of a forked child that runs `body`.
private func inChild(_ body: () -> Int32) throws -> Int32 {
    let symbol = try unsafe #require(dlsym(nil, "fork"))
    let fork = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)
    let child = fork()
    if child == 0 { _exit(body()) }
    var status: Int32 = 0
    for _ in 0..<500 {
        if unsafe waitpid(child, &status, WNOHANG) == child { return (status >> 8) & 0xFF }
        usleep(10_000)
    }
    kill(child, SIGKILL)
    unsafe waitpid(child, &status, 0)
    return -1
}
