/// One request as the core writes it. It knows its secrets, so that an answer that repeats one can be cleaned.
package struct HTTPRequest: Sendable {
    package var method = "POST"
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: Secret?
    /// At most so many seconds from first to last, if less than the transport's own limit.
    package var timeout: Double?
    package var secrets: [Secret] = []
    /// To an endpoint that the platform gave this machine: it may be plain http, and no proxy is asked.
    package private(set) var isMetadata = false
    /// The one certificate that the server may have, whatever its chain and name: over https alone.
    package var pin: CertificatePin?
    /// Another way there than the address says, and no proxy on it: the platform has put it beside us. Nil: that one.
    package var detour: Detour?

    package struct Detour: Sendable {
        /// HOST:PORT of the address, and the HOST:PORT that is connected to in its place.
        package let connectTo: String?
        /// PEM certificates, the only ones that are trusted; nil: the usual ones.
        package let authorities: Secret?
    }

    package init(
        url: String, body: Secret, contentType: String, accept: String = "application/json", secrets: [Secret],
        headers: [(name: String, value: String)] = []
    ) {
        self.url = url
        self.headers = headers + [("Content-Type", contentType), ("Accept", accept)]
        self.body = body
        self.secrets = secrets
    }

    /// A GET.
    package init(get url: String, accept: String, headers: [(name: String, value: String)] = []) {
        method = "GET"
        self.url = url
        self.headers = headers + [("Accept", accept)]
    }

    package init(url: String, form: FormBody, headers: [(name: String, value: String)]) {
        self.init(
            url: url, body: form.encoded(), contentType: "application/x-www-form-urlencoded", secrets: form.secrets,
            headers: headers)
    }

    /// A request without a body, to whom the program's surroundings name.
    package init(get url: String, headers: [(name: String, value: String)], secrets: [Secret]) {
        method = "GET"
        self.url = url
        self.headers = headers + [("Accept", "application/json")]
        self.secrets = secrets
    }

    /// A request to a metadata endpoint. Without a form it is a GET.
    package init(metadata url: String, form: FormBody?, headers: [(name: String, value: String)], secrets: [Secret]) {
        self.init(url: url, form: form ?? FormBody(), headers: headers)
        if form == nil {
            method = "GET"
            body = nil
            self.headers.removeAll { $0.name == "Content-Type" }
        }
        self.secrets += secrets
        isMetadata = true
    }

    /// Scheme, host and port: what a message says of the address.
    package var origin: String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        return String(url[..<(url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex)])
    }
}

/// One answer, whatever its status.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: Secret

    package init(status: Int, headers: [String: String] = [:], body: Secret) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// RFC 9110 section 10.2.3, in seconds, up to a day. A date is measured by the clock of who sent it.
    package var retryAfter: Int? {
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = Int(text) { return (0...86400).contains(seconds) ? seconds : nil }
        guard let until = HTTPDate.seconds(text), let now = headers["date"].flatMap(HTTPDate.seconds) else {
            return nil
        }
        return (0...86400).contains(until - now) ? until - now : nil
    }
}
