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
            let proxy = try CurlHandle.proxy(for: request, configuration)
            try begin(request, configuration, proxy)
            defer { withExtendedLifetime(request) {} }
            while unsafe ccurl_step(curl) == 0 {
                ForkGate.waiting { unsafe ccurl_wait(curl, 1000) }
                try cancellation.check()
            }
            try cancellation.check()
            return try response(to: request, through: proxy)
        }
    }

    /// A metadata endpoint is this machine's own, and a detour has been made by the platform: no proxy reaches them.
    private static func proxy(
        for request: HTTPRequest, _ configuration: CurlTransport.Configuration
    ) throws(MSAuthError) -> Proxy? {
        if request.isMetadata || request.detour != nil { return nil }
        return try Proxy.choose(
            for: request.url, option: configuration.proxy, exceptions: configuration.noProxy,
            variable: { ProcessEnvironment[$0] })
    }

    private func begin(
        _ request: HTTPRequest, _ configuration: CurlTransport.Configuration, _ proxy: Proxy?
    ) throws(MSAuthError) {
        var strings = CStrings()
        var wire = unsafe ccurl_request()
        unsafe wire.method = strings.copy(request.method)
        unsafe wire.url = strings.copy(request.url)
        unsafe wire.user_agent = strings.copy(configuration.userAgent)
        unsafe wire.ca_file = strings.copy(configuration.caFile)
        unsafe wire.proxy = strings.copy(proxy?.address)
        unsafe wire.is_metadata = request.isMetadata ? 1 : 0
        guard request.pin == nil || ccurl_can_pin() == 1 else {
            strings.free()
            throw MSAuthError(
                .unsupported,
                "\(request.origin) is to be known by its certificate's thumbprint, and this libcurl cannot do that.",
                hint: "Install a libcurl that is built with OpenSSL 3 alone.")
        }
        let timeout = min(request.timeout ?? configuration.timeout, configuration.timeout)
        // libcurl's clock is one that nobody corrects, so it may be ahead of ours. It must not end before the caller's own
        // limit does: the error would blame the network.
        unsafe wire.timeout_ms = max(Int(timeout * 1001) + 5, 1)
        unsafe wire.connect_timeout_ms = max(Int(min(configuration.connectTimeout, timeout) * 1000), 1)
        unsafe wire.body_limit = CurlTransport.bodyLimit
        unsafe wire.header_limit = CurlTransport.headerLimit
        unsafe wire.connect_to = strings.copy(request.detour?.connectTo)
        if let authorities = request.detour?.authorities {
            unsafe wire.authorities = UnsafeRawPointer(authorities.cString)
            unsafe wire.authorities_length = authorities.count
        }
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
            return unsafe (request.pin?.bytes ?? []).withUnsafeBufferPointer { pin in
                unsafe wire.pin = request.pin == nil ? nil : pin.baseAddress
                return unsafe ccurl_begin(curl, &wire)
            }
        }
        strings.free()
        guard refused >= 0 else { throw MSAuthError(.exhausted, "libcurl has no memory left.") }
        guard refused == 0 else {
            throw MSAuthError(
                .unsupported, "This libcurl does not take its option \(refused), which keeps requests safe.")
        }
    }

    private func response(to request: HTTPRequest, through proxy: Proxy?) throws(MSAuthError) -> HTTPResponse {
        let failure = unsafe ccurl_failure(curl)
        guard failure == CCURL_OK else {
            let detail = unsafe CurlHandle.detail(String(cString: ccurl_message(curl)))
            let answer = unsafe ccurl_proxy_status(curl)
            if let proxy, let error = CurlHandle.error(failure, detail, of: proxy, answer: answer, request) {
                throw error
            }
            throw CurlHandle.error(failure, detail, request, through: proxy)
        }
        var length = 0
        let head = unsafe ccurl_headers(curl, &length)
        let headers = unsafe CurlHandle.headers(UnsafeRawBufferPointer(start: head, count: length))
        let body = unsafe ccurl_body(curl, &length)
        return unsafe HTTPResponse(
            status: ccurl_status(curl), headers: headers,
            body: Secret(copying: UnsafeRawBufferPointer(start: body, count: body == nil ? 0 : length)))
    }

    /// libcurl's words break off after 255 bytes, and that may be within the proxy's password.
    private static func detail(_ message: String) -> String {
        let end = message.utf8.count < 255 ? nil : message.firstRange(of: "//")?.lowerBound
        return ServerText.withoutUserinfo(String(message[..<(end ?? message.endIndex)]))
    }

    private static func headers(_ bytes: UnsafeRawBufferPointer) -> [String: String] {
        var headers: [String: String] = [:]
        for line in unsafe String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            let name = line[..<colon].lowercased()
            // RFC 9110 section 5.3: several lines are one list. Of what is no list the last line counts.
            let before = name == "www-authenticate" ? headers[name].map { $0 + ", " } : nil
            headers[name] = (before ?? "") + value
        }
        return headers
    }

    /// What went wrong between us and the proxy; nil when it was let through to the host.
    private static func error(
        _ failure: ccurl_failure, _ detail: String, of proxy: Proxy, answer: Int, _ request: HTTPRequest
    ) -> MSAuthError? {
        let name = "the proxy \(proxy.name)"
        let hint = "Check \(proxy.source); \"no_proxy\" and NO_PROXY name hosts that are reached without it."
        switch failure {
        case CCURL_CONNECT:
            return MSAuthError(.network, "No connection to \(name): \(detail).", hint: hint)
        // tinyproxy says 401 for a wrong password.
        case CCURL_PROXY where answer == 407 || answer == 401:
            let isGiven = proxy.address.contains("@")
            return MSAuthError(
                .network,
                isGiven
                    ? "The proxy \(proxy.name) does not take the user and password that it was given."
                    : "The proxy \(proxy.name) wants a user and a password.",
                hint: "Give them in \(proxy.source), as in http://user:password@host:3128, with signs such as @ and / "
                    + "as %40 and %2F. They are sent by Basic authentication.")
        case CCURL_PROXY where answer >= 400:
            return MSAuthError(
                .network, "The proxy \(proxy.name) did not let the request to \(request.origin) through (\(answer)).",
                hint: answer < 500
                    ? "Ask those who run it to allow this host, or take another proxy: it is named by \(proxy.source)."
                    : "It may not reach the host, or not resolve its name. " + hint)
        case CCURL_PROXY:
            return MSAuthError(
                .network, "The request to \(request.origin) failed at \(name): \(detail).",
                hint: "\(hint) If it wants a user and a password, they stand before the host, as in user:password@host."
            )
        // SOCKS does not tell which of the two is slow.
        case CCURL_TIMEOUT where answer == 0 && !proxy.isSOCKS:
            return MSAuthError(
                .network, "The proxy \(proxy.name) did not answer in time: \(detail).",
                hint: (proxy.isTLS ? "It may be one that is reached by http://. " : "") + hint)
        case CCURL_CERTIFICATE where proxy.isTLS && answer == 0:
            return MSAuthError(
                .untrusted, "The certificate of \(name) is not trusted: \(detail).",
                hint: "Give the certificate of its authority with \"ca_file\". Verification cannot be switched off.")
        case CCURL_TLS where proxy.isTLS && answer == 0:
            return MSAuthError(
                .network, "No TLS connection to \(name): \(detail).",
                hint: "It may be one that is reached by http://. \(hint)")
        default:
            return nil
        }
    }

    /// Says who failed, and what the reader can do about it.
    private static func error(
        _ failure: ccurl_failure, _ detail: String, _ request: HTTPRequest, through proxy: Proxy?
    ) -> MSAuthError {
        let host = request.origin + (proxy.map { " (through the proxy \($0.name))" } ?? "")
        // To such an address a proxy would not be used: see above.
        let isPlatform = request.isMetadata || request.detour != nil
        let platform = "The platform has named this address, and no proxy is used for it: look whether it runs."
        switch failure {
        case CCURL_RESOLVE:
            return MSAuthError(
                .network, "The name of \(host) cannot be resolved: \(detail).",
                hint: isPlatform
                    ? platform
                    : "Check the network, DNS, and whether a proxy is needed (HTTPS_PROXY or the option \"proxy\").")
        case CCURL_CONNECT:
            return MSAuthError(
                .network, "No connection to \(host): \(detail).",
                hint: isPlatform
                    ? platform
                    : "Check the network, and whether a proxy is needed (HTTPS_PROXY or the option \"proxy\").")
        case CCURL_TIMEOUT:
            return MSAuthError(
                .network, "\(host) did not answer in time: \(detail).",
                hint: "Try again; \"connect_timeout\" and \"http_timeout\" set the limits.")
        case CCURL_TLS:
            return MSAuthError(
                .network, "No TLS connection to \(host): \(detail).",
                hint: "Something on the way may not speak TLS 1.2 or later."
                    // Through an https proxy some releases of libcurl do not say more.
                    + (proxy?.isTLS == true ? " Or its certificate is not trusted: see \"ca_file\"." : ""))
        case CCURL_CERTIFICATE where request.pin != nil:
            return MSAuthError(
                .untrusted, "The certificate of \(host) is not the one that the platform has named: nothing was sent.",
                hint:
                    "The platform names it when it starts a program: start this one anew, or look at what listens there."
            )
        case CCURL_CERTIFICATE where request.detour != nil:
            return MSAuthError(
                .untrusted, "The certificate of \(host), AKS's token proxy, is not trusted: \(detail).",
                hint: "AKS names its authority in AZURE_KUBERNETES_CA_FILE or _CA_DATA, and its name in _SNI_NAME.")
        case CCURL_CA_FILE where request.detour?.authorities != nil:
            return MSAuthError(
                .configuration,
                "The authorities of AKS's token proxy are no PEM certificates that can be read: \(detail).",
                hint: "AKS names them in AZURE_KUBERNETES_CA_FILE or _CA_DATA.")
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

    /// Headers may hold a token, and the proxy's address a password.
    func free() {
        unsafe copies.forEach { copy in
            unsafe explicit_bzero(copy, strlen(copy))
            unsafe Glibc.free(copy)
        }
    }
}
