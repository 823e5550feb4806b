internal import Glibc

/// Whose process is at the other end of a connection within this machine.
enum PeerUser {
    /// This user's, or root's. Another's could bring a code of his own.
    static func isTrusted(_ descriptor: Int32) -> Bool {
        guard let pair = AddressPair(descriptor) else { return false }
        // The kernel hands the table out in pieces, between which a line may move.
        for _ in 0..<3 {
            if let user = user(of: pair) { return user == geteuid() || user == 0 }
        }
        return false
    }

    private static func user(of pair: AddressPair) -> uid_t? {
        let path = pair.isIPv6 ? "/proc/net/tcp6" : "/proc/net/tcp"
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var chunk = [UInt8](repeating: 0, count: 65536)
        var rest: [UInt8] = []
        while true {
            let count = unsafe read(file, &chunk, chunk.count)
            guard count > 0 else { return nil }
            var lines = (rest + chunk[..<count]).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Array(lines.popLast() ?? [])
            for line in lines {
                if let user = SocketLine.user(String(decoding: line, as: UTF8.self), pair) { return user }
            }
        }
    }
}

/// A line of /proc/net/tcp: number, local and remote address, state, queues, timer, retransmits, user, time-out, inode.
enum SocketLine {
    static func user(_ line: String, _ pair: AddressPair) -> uid_t? {
        let fields = line.split(separator: " ")
        guard fields.count >= 10, fields[1] == pair.peer, fields[2] == pair.own else { return nil }
        // A socket that was closed has no inode any more, and is said to be root's: nobody knows whose it was.
        return fields[9] == "0" ? nil : uid_t(fields[7])
    }
}

/// Both ends of a connection, as the kernel writes them in its table.
struct AddressPair {
    let own: String
    let peer: String
    let isIPv6: Bool

    init?(_ descriptor: Int32) {
        guard let own = unsafe AddressPair.text(descriptor, getsockname),
            let peer = unsafe AddressPair.text(descriptor, getpeername)
        else { return nil }
        (self.own, self.peer) = (own.text, peer.text)
        isIPv6 = own.isIPv6
    }

    init(own: String, peer: String, isIPv6: Bool) {
        (self.own, self.peer, self.isIPv6) = (own, peer, isIPv6)
    }

    private typealias Asking = (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32

    private static func text(_ descriptor: Int32, _ ask: Asking) -> (text: String, isIPv6: Bool)? {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return unsafe withUnsafeMutablePointer(to: &address) { pointer in
            let failed = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe ask(descriptor, $0, &length)
            }
            guard failed == 0 else { return nil }
            let port = unsafe hex(UInt32(UInt16(bigEndian: pointer.pointee.sin6_port)), digits: 4)
            if unsafe Int32(pointer.pointee.sin6_family) == AF_INET6 {
                let words = unsafe withUnsafeBytes(of: &pointer.pointee.sin6_addr) { bytes in
                    unsafe Array(bytes.bindMemory(to: UInt32.self))
                }
                return (words.map { hex($0, digits: 8) }.joined() + ":" + port, true)
            }
            let word = unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe $0.pointee.sin_addr.s_addr
            }
            return (hex(word, digits: 8) + ":" + port, false)
        }
    }

    private static func hex(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
