import Glibc
import MSAuth
import MSAuthSystem
import Testing

/// Against a real gnome-keyring, on a bus of each test's own. Serialized, because some measure time.
@Suite(.serialized)
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

    @Test("Without any bus the store is unavailable", .enabled(if: Bus.thereIsNoUserBus))
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

    @Test("A service that cannot encrypt gets nothing, unless that is allowed")
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

    @Test("A prompt that the user dismisses leaves the keyring locked, at once")
    func dismissedPrompt() throws {
        let bus = try Bus()
        let fake = try bus.fake()
        let store = bus.store(storePrompt: true, storePlainSession: true)
        let begin = now()
        #expect(throws: Failure(.storeLocked, "did not agree")) { try failure { try store.list(none) } }
        #expect(now() - begin < 3)
        fake.stop()
    }

    @Test("What is declared of libsecret agrees with its headers")
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
