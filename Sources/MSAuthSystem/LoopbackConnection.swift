internal import Glibc
internal import MSAuth

/// One connection to a port of ours: one request, one answer.
final class LoopbackConnection {
    let descriptor: Int32
    let begun: Double
    private(set) var isDone = false
    private var arrived: [UInt8] = []

    /// The code and all that a browser sends with it.
    private static let limit = 65536

    init(_ descriptor: Int32, begun: Double) {
        self.descriptor = descriptor
        self.begun = begun
        HeldDescriptors.remember(descriptor)
    }

    deinit { if HeldDescriptors.forget(descriptor) { close(descriptor) } }

    /// Reads what is there and answers once it is a whole request; true when that was the last answer.
    func step(_ answer: (LoopbackRequest) -> LoopbackAnswer) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16384)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { isDone = true }
            return false
        }
        arrived += chunk[..<count]
        let reply: LoopbackAnswer
        switch HTTPHead.read(arrived, limit: LoopbackConnection.limit) {
        case .incomplete: return false
        case .refused(let status): reply = .refusal(status, "This is no request that is taken here.")
        case .request(let request):
            // The page's address is no secret from other users of this machine: one of them could bring his own code.
            reply =
                PeerUser.isTrusted(descriptor)
                ? answer(request) : .refusal(403, "Only the user who signs in may come here.")
        }
        send(reply)
        isDone = true
        return reply.isLast
    }

    /// It fits into what the kernel takes at once.
    private func send(_ answer: LoopbackAnswer) {
        let page = answer.page
        let text = """
            HTTP/1.1 \(answer.status) \(LoopbackConnection.reasons[answer.status] ?? "Refused")\r
            Content-Type: text/html; charset=utf-8\r
            Content-Length: \(page.utf8.count)\r
            Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r
            Cache-Control: no-store\r
            Referrer-Policy: no-referrer\r
            X-Content-Type-Options: nosniff\r
            Connection: close\r
            \r
            \(page)
            """
        let bytes = Array(text.utf8)
        // A browser that has gone must not end the host by SIGPIPE.
        _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        411: "Length Required", 413: "Content Too Large", 415: "Unsupported Media Type",
    ]
}

/// As much of HTTP/1.1 (RFC 9112) as a browser needs to bring an answer.
enum HTTPHead {
    enum Progress {
        case incomplete
        case refused(Int)
        case request(LoopbackRequest)
    }

    static func read(_ bytes: [UInt8], limit: Int) -> Progress {
        let blank = Array("\r\n\r\n".utf8)
        guard let end = bytes.firstRange(of: blank) else {
            return bytes.count > limit ? .refused(413) : .incomplete
        }
        guard end.lowerBound <= limit else { return .refused(413) }
        let lines = bytes[..<end.lowerBound].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let first = (lines.first ?? []).filter { $0 != 0x0D }.split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard first.count == 3, first[2].starts(with: "HTTP/1.".utf8),
            first[1].allSatisfy({ (0x21..<0x7F).contains($0) })
        else { return .refused(400) }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return .refused(400) }
            let name = text[..<colon].lowercased()
            let value = text[text.index(after: colon)...].filter { $0 != "\r" && $0 != "\t" }
            // Two of one of these would mean two things.
            guard
                headers.updateValue(value.trimmingSpaces, forKey: name) == nil
                    || !["host", "content-length", "content-type"].contains(name)
            else { return .refused(400) }
        }
        var length = 0
        if headers["transfer-encoding"] != nil { return .refused(411) }
        if let text = headers["content-length"] {
            guard let number = Int(text), number >= 0 else { return .refused(400) }
            guard number <= limit else { return .refused(413) }
            length = number
        }
        guard bytes.count >= end.upperBound + length else { return .incomplete }
        return .request(
            LoopbackRequest(
                method: String(decoding: first[0], as: UTF8.self), target: Secret(first[1]),
                host: headers["host"] ?? "", contentType: headers["content-type"] ?? "",
                body: Secret(bytes[end.upperBound..<(end.upperBound + length)])))
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let text = drop { $0 == " " }
        return String(
            text.prefix((text.lastIndex { $0 != " " }).map { text.distance(from: text.startIndex, to: $0) + 1 } ?? 0))
    }
}
