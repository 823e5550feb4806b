import Glibc
import MSAuth
import MSAuthSystem
import Testing

/// A session bus in a folder of its own, on which nothing can be activated, and gnome-keyring on it.
final class Bus: @unchecked Sendable {
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

    /// A bus of the user's own stands where a store looks when nobody gives it an address.
    static var thereIsNoUserBus: Bool { unsafe access("/run/user/\(geteuid())/bus", F_OK) != 0 }

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
final class SilentSocket {
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
func run(_ command: String) throws -> String {
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
final class Program {
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
final class Background {
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
func inChild(_ body: () -> Int32) throws -> Int32 {
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
