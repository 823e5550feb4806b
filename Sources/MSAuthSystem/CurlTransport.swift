internal import CCurl
internal import Glibc
package import MSAuth

/// HTTPS by libcurl, and plain HTTP to metadata endpoints, with connections that are kept alive between requests.
///
/// Each request has a handle of its own while it runs; idle ones wait in a pool. A forked child leaves the parent's alone.
package final class CurlTransport: Transport {
    package struct Configuration: Sendable {
        package var caFile: String?
        package var proxy: String?
        package var noProxy: String?
        package var connectTimeout: Double = 10
        package var timeout: Double = 30
        package var userAgent = "libmsauth"

        package init() {}
    }

    static let bodyLimit = 1 << 20
    static let headerLimit = 64 << 10
    private static let mostAtOnce = 64
    /// So many wait for the next request as long as they are good; those that a rush left behind, a minute.
    private static let idleLimit = 8
    private static let patience = 60.0

    private let configuration: Configuration
    private let queue = RequestQueue(places: mostAtOnce)
    /// The one used last at the end, each with the time since which it is idle.
    private let idle = Lock<[(handle: CurlHandle, since: Double)]>([])

    package init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    package func send(_ request: HTTPRequest, _ cancellation: Cancellation) throws(MSAuthError) -> HTTPResponse {
        try cancellation.check()
        // Endpoints of this machine answer at once, and some are asked whether they are there at all within a second.
        if request.isMetadata { return try sendNow(request, cancellation) }
        let clock = SystemClock()
        let begun = clock.boot
        guard queue.enter(atMost: request.timeout, cancellation) else {
            try cancellation.check()
            throw MSAuthError(
                .network, "The request to \(request.origin) did not get its turn in time.",
                hint: "\(CurlTransport.mostAtOnce) run at once: ask for less at once, or give more time.")
        }
        defer { queue.leave() }
        var request = request
        if let timeout = request.timeout { request.timeout = max(timeout - (clock.boot - begun), 0.001) }
        return try sendNow(request, cancellation)
    }

    private func sendNow(_ request: HTTPRequest, _ cancellation: Cancellation) throws(MSAuthError) -> HTTPResponse {
        let handle = try takeHandle()
        let response = try handle.send(request, configuration, cancellation)
        let now = SystemClock().boot
        let left: [CurlHandle] = idle.withLock { idle in
            idle.append((handle, now))
            let extra = idle.dropLast(CurlTransport.idleLimit).prefix { now - $0.since > CurlTransport.patience }
            idle.removeFirst(extra.count)
            return extra.map(\.handle)
        }
        // They say goodbye to their servers here, not under the lock.
        withExtendedLifetime(left) {}
        return response
    }

    private func takeHandle() throws(MSAuthError) -> CurlHandle {
        let handle: CurlHandle? = idle.withLock { idle in
            idle.removeAll { !$0.handle.isMine }
            return idle.popLast()?.handle
        }
        if let handle { return handle }
        return try CurlHandle()
    }
}

/// One libcurl handle. Used by one thread at a time; only `wake` comes from others.
@safe private final class CurlHandle: @unchecked Sendable {
    private let curl: OpaquePointer
    private let generation = ForkGate.generation

    init() throws(MSAuthError) {
        OpenSSL.prepare()
        if let reason = unsafe ccurl_load() {
            throw unsafe MSAuthError(
                .unsupported, "There is no HTTPS without libcurl: \(String(cString: reason)).",
                hint: "Install libcurl4 (libcurl 7.85 or later, built with OpenSSL).")
        }
        CurlHandle.closeInChild
        guard let curl = unsafe ccurl_new() else {
            throw MSAuthError(.exhausted, "libcurl has no memory or descriptor left.")
        }
        unsafe self.curl = curl
    }

    deinit {
        // The parent's handle, in its child: its sockets are closed already, and libcurl would say goodbye on them.
        if isMine { unsafe ccurl_free(curl) }
    }

    var isMine: Bool { generation == ForkGate.generation }

    private static let closeInChild: Void = ForkGate.runInChild { ccurl_close_sockets_in_child() }

    func send(
        _ request: HTTPRequest, _ configuration: CurlTransport.Configuration, _ cancellation: Cancellation
    ) throws(MSAuthError) -> HTTPResponse {
        defer { unsafe ccurl_end(curl) }
        return try cancellation.interrupting(by: { [self] in unsafe ccurl_wake(curl) }) { () throws(MSAuthError) in
            try begin(request, configuration)
            defer { withExtendedLifetime(request) {} }
            while unsafe ccurl_step(curl) == 0 {
                ForkGate.waiting { unsafe ccurl_wait(curl, 1000) }
                try cancellation.check()
            }
            try cancellation.check()
            return try response(to: request, configuration)
        }
    }

    private func begin(_ request: HTTPRequest, _ configuration: CurlTransport.Configuration) throws(MSAuthError) {
        var strings = CStrings()
        var wire = unsafe ccurl_request()
        unsafe wire.method = strings.copy(request.method)
        unsafe wire.url = strings.copy(request.url)
        unsafe wire.user_agent = strings.copy(configuration.userAgent)
        unsafe wire.ca_file = strings.copy(configuration.caFile)
        unsafe wire.proxy = strings.copy(configuration.proxy)
        unsafe wire.no_proxy = strings.copy(configuration.noProxy)
        unsafe wire.is_metadata = request.isMetadata ? 1 : 0
        let timeout = min(request.timeout ?? configuration.timeout, configuration.timeout)
        // libcurl's clock is one that nobody corrects, so it may be ahead of ours. It must not end before the caller's own
        // limit does: the error would blame the network.
        unsafe wire.timeout_ms = max(Int(timeout * 1001) + 5, 1)
        unsafe wire.connect_timeout_ms = max(Int(min(configuration.connectTimeout, timeout) * 1000), 1)
        unsafe wire.body_limit = CurlTransport.bodyLimit
        unsafe wire.header_limit = CurlTransport.headerLimit
        if let body = request.body {
            // The request holds the body until the answer is there: libcurl reads it in place.
            unsafe wire.body = UnsafeRawPointer(body.cString)
            unsafe wire.body_length = body.count
        }
        let headers: [UnsafePointer<CChar>?] = unsafe request.headers.map { header in
            unsafe strings.copy("\(header.name): \(header.value)")
        }
        let refused = unsafe headers.withUnsafeBufferPointer { headers in
            unsafe wire.headers = headers.baseAddress
            unsafe wire.header_count = headers.count
            return unsafe ccurl_begin(curl, &wire)
        }
        strings.free()
        guard refused >= 0 else { throw MSAuthError(.exhausted, "libcurl has no memory left.") }
        guard refused == 0 else {
            throw MSAuthError(
                .unsupported, "This libcurl does not take its option \(refused), which keeps requests safe.")
        }
    }

    private func response(
        to request: HTTPRequest, _ configuration: CurlTransport.Configuration
    ) throws(MSAuthError) -> HTTPResponse {
        let failure = unsafe ccurl_failure(curl)
        guard failure == CCURL_OK else {
            throw unsafe CurlHandle.error(
                failure, ServerText.withoutUserinfo(String(cString: ccurl_message(curl))), request, configuration)
        }
        var length = 0
        let head = unsafe ccurl_headers(curl, &length)
        let headers = unsafe CurlHandle.headers(UnsafeRawBufferPointer(start: head, count: length))
        let body = unsafe ccurl_body(curl, &length)
        return unsafe HTTPResponse(
            status: ccurl_status(curl), headers: headers,
            body: Secret(copying: UnsafeRawBufferPointer(start: body, count: body == nil ? 0 : length)))
    }

    private static func headers(_ bytes: UnsafeRawBufferPointer) -> [String: String] {
        var headers: [String: String] = [:]
        for line in unsafe String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[line[..<colon].lowercased()] = String(value)
        }
        return headers
    }

    /// Says who failed, and what the reader can do about it.
    private static func error(
        _ failure: ccurl_failure, _ detail: String, _ request: HTTPRequest, _ configuration: CurlTransport.Configuration
    ) -> MSAuthError {
        let host = request.origin
        switch failure {
        case CCURL_RESOLVE:
            return MSAuthError(
                .network, "The name of \(host) cannot be resolved: \(detail).",
                hint: "Check the network, DNS, and whether a proxy is needed (HTTPS_PROXY or the option \"proxy\").")
        case CCURL_CONNECT:
            return MSAuthError(
                .network, "No connection to \(host): \(detail).",
                hint: "Check the network, and whether a proxy is needed (HTTPS_PROXY or the option \"proxy\").")
        case CCURL_PROXY:
            return MSAuthError(
                .network, "The proxy did not let the request to \(host) through: \(detail).",
                hint: "Check HTTPS_PROXY or the option \"proxy\", with its user and password if it asks for them.")
        case CCURL_TIMEOUT:
            return MSAuthError(
                .network, "\(host) did not answer in time: \(detail).",
                hint: "Try again; \"connect_timeout\" and \"http_timeout\" set the limits.")
        case CCURL_TLS:
            return MSAuthError(
                .network, "No TLS connection to \(host): \(detail).",
                hint: "Something on the way may not speak TLS 1.2 or later.")
        case CCURL_CERTIFICATE:
            return MSAuthError(
                .untrusted, "The certificate of \(host) is not trusted: \(detail).",
                hint: "If a company proxy or a private authority stands there, give its certificate with \"ca_file\". "
                    + "Verification cannot be switched off.")
        case CCURL_CA_FILE:
            return .invalidArgument(
                "The option \"ca_file\" names no file of PEM certificates that can be read: \(detail).")
        case CCURL_TOO_MUCH:
            return MSAuthError(
                .untrusted, "The answer of \(host) is longer than 1 MiB, or its headers than 64 KiB.",
                hint: "Something else than the service may have answered: check the authority and the proxy.")
        default:
            return MSAuthError(
                .network, "The request to \(host) failed: \(detail).",
                hint: "Try again; if it goes on, look at the network.")
        }
    }
}

/// Copies of Swift strings for one C call.
@safe private struct CStrings {
    private var copies: [UnsafeMutablePointer<CChar>] = unsafe []

    mutating func copy(_ text: String?) -> UnsafePointer<CChar>? {
        guard let text, let copy = unsafe strdup(text) else { return nil }
        unsafe copies.append(copy)
        return unsafe UnsafePointer(copy)
    }

    func free() {
        unsafe copies.forEach { unsafe Glibc.free($0) }
    }
}
