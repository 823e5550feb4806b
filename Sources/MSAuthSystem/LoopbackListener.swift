internal import CLinux
internal import Glibc
package import MSAuth

/// Ports on 127.0.0.1 and ::1, read by poll(): one sign-in's few requests need no more.
package struct LoopbackListener: Listener {
    package init() {}

    package func listen(on host: LoopbackHost, port: Int?) throws(MSAuthError) -> any LoopbackPort {
        // An ephemeral port that is free in one family may be taken in the other: then another one.
        for _ in 0..<(port == nil ? 32 : 1) {
            if let sockets = try LoopbackListener.bind(host, port: port) { return sockets }
        }
        throw MSAuthError(
            .unsupported,
            port.map { "The port \($0) is taken by another program." } ?? "No port is free on both 127.0.0.1 and ::1.",
            hint: port == nil
                ? "Sign in by device_code." : "Leave \"port\" out for any that is free, or end the other program.")
    }

    /// Nil when the port is taken.
    private static func bind(_ host: LoopbackHost, port: Int?) throws(MSAuthError) -> LoopbackSockets? {
        let sockets = try LoopbackSockets()
        var number = port ?? 0
        var lacking: Int32 = 0
        for address in LoopbackAddress.all(host) {
            let socket = Glibc.socket(
                address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            guard socket >= 0 else {
                guard errno == EAFNOSUPPORT else { throw exhausted() }
                lacking = errno
                continue
            }
            sockets.add(socket)
            var on: Int32 = 1
            // The last sign-in's connections may still linger on a port that was asked for. On Linux no second
            // listener gets in by this.
            unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, 4)
            if address.family == AF_INET6 { unsafe setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, 4) }
            if address.bind(socket, port: number) != 0 || Glibc.listen(socket, 16) != 0 {
                switch errno {
                case EADDRNOTAVAIL:
                    lacking = errno
                    sockets.removeLast()
                    continue
                case EADDRINUSE: return nil
                case EACCES:
                    throw MSAuthError(
                        .unsupported, "The port \(number) is not for this user.", hint: "Take one above 1023.")
                default: throw exhausted()
                }
            }
            number = LoopbackAddress.port(of: socket)
        }
        guard !sockets.isEmpty else {
            throw MSAuthError(
                .unsupported, "This machine has no \(host.rawValue) to listen on: \(Errno.sentence(lacking)).",
                hint: "Sign in by device_code.")
        }
        sockets.number = number
        return sockets
    }

    static func exhausted() -> MSAuthError {
        MSAuthError(.exhausted, "No port can be opened: \(Errno.sentence(errno)).")
    }
}

/// The addresses of this machine that nothing outside can reach.
enum LoopbackAddress {
    case ipv4, ipv6

    static func all(_ host: LoopbackHost) -> [LoopbackAddress] {
        switch host {
        case .localhost: [.ipv4, .ipv6]
        case .ipv4: [.ipv4]
        case .ipv6: [.ipv6]
        }
    }

    var family: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }

    func bind(_ socket: Int32, port: Int) -> Int32 {
        let number = UInt16(truncatingIfNeeded: port).bigEndian
        switch self {
        case .ipv4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = number
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return unsafe LoopbackAddress.bind(socket, &address)
        case .ipv6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = number
            address.sin6_addr = in6addr_loopback
            return unsafe LoopbackAddress.bind(socket, &address)
        }
    }

    private static func bind<Address>(_ socket: Int32, _ address: UnsafePointer<Address>) -> Int32 {
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe Glibc.bind(socket, $0, socklen_t(MemoryLayout<Address>.size))
        }
    }

    /// The port that a socket was given; where it stands is the same in both families.
    static func port(of socket: Int32) -> Int {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(socket, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin6_port))
    }
}
