internal import CLinux
internal import Glibc
internal import MSAuth

/// The sockets of one port, and the connections that arrive on them. Used by one thread; only the wake-up comes from
/// others.
final class LoopbackSockets: LoopbackPort, @unchecked Sendable {
    var number = 0
    private var sockets: [Int32] = []
    private var connections: [LoopbackConnection] = []
    private let wakeUp: Int32
    /// Whether the port is free again.
    private let closed = Monitor(false)

    /// A browser opens a few; more come from somebody who wants to keep it out.
    private static let connectionLimit = 64
    /// How long somebody may take for one request.
    private static let patience = 20.0

    init() throws(MSAuthError) {
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else { throw LoopbackListener.exhausted() }
        HeldDescriptors.remember(wakeUp)
    }

    deinit {
        close()
        if HeldDescriptors.forget(wakeUp) { Glibc.close(wakeUp) }
    }

    var isEmpty: Bool { sockets.isEmpty }

    func add(_ socket: Int32) {
        sockets.append(socket)
        HeldDescriptors.remember(socket)
    }

    func removeLast() {
        if let socket = sockets.popLast(), HeldDescriptors.forget(socket) { Glibc.close(socket) }
    }

    func close() {
        while !sockets.isEmpty { removeLast() }
        connections.removeAll()
        closed.change { $0 = true }
    }

    func interrupt() {
        var one: UInt64 = 1
        _ = unsafe write(wakeUp, &one, 8)
        // Who cancelled finds the port free.
        _ = closed.wait(seconds: 0.2) { $0 ? true : nil }
    }

    func serve(
        seconds: Double, _ cancellation: Cancellation, _ answer: (LoopbackRequest) -> LoopbackAnswer
    ) throws(MSAuthError) -> Bool {
        let clock = SystemClock()
        let deadline = clock.boot + seconds
        while true {
            if cancellation.isCancelled {
                close()
                throw .cancelled
            }
            let now = clock.boot
            guard now < deadline else { return false }
            connections.removeAll { $0.isDone || now - $0.begun > LoopbackSockets.patience }
            let ready = wait(seconds: min(deadline - now, connections.isEmpty ? 60 : 1))
            for socket in sockets where ready.contains(socket) { try accept(socket, now) }
            for connection in connections where ready.contains(connection.descriptor) {
                if connection.step(answer) { return true }
            }
        }
    }

    /// The descriptors on which something happened.
    private func wait(seconds: Double) -> Set<Int32> {
        let watched = [wakeUp] + sockets + connections.map(\.descriptor)
        var polled = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let limit = Int32(seconds * 1000) + 1
        guard ForkGate.waiting({ unsafe poll(&polled, nfds_t(polled.count), limit) }) > 0 else { return [] }
        return Set(polled.filter { $0.revents != 0 }.map(\.fd))
    }

    private func accept(_ socket: Int32, _ now: Double) throws(MSAuthError) {
        let descriptor = clinux_accept(socket)
        guard descriptor >= 0 else {
            // A process without a descriptor left would be told of the same connection again and again.
            if errno == EMFILE || errno == ENFILE { throw LoopbackListener.exhausted() }
            return
        }
        if connections.count >= LoopbackSockets.connectionLimit { connections.removeFirst() }
        connections.append(LoopbackConnection(descriptor, begun: now))
    }
}
