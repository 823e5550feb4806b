/// A JWT of another identity provider, which Entra takes for the application's own: RFC 7523 section 2.2.
///
/// Who issued it and for whom is Entra's to check; here it only must be one.
struct FederatedAssertion {
    static let limit = 65536

    let text: Secret

    /// `origin` begins a sentence. Spaces and newlines around it are a file's or a command's.
    init(_ content: Secret, origin: String) throws(MSAuthError) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var (start, end) = (0, content.count)
        while start < end, isSpace(content[start]) { start += 1 }
        while end > start, isSpace(content[end - 1]) { end -= 1 }
        text = start == 0 && end == content.count ? content : Secret(content[start..<end])
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isJWT =
            parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCIILetterOrDigit || $0 == 0x2D || $0 == 0x5F }
            }
        guard isJWT, text.count <= FederatedAssertion.limit else {
            throw MSAuthError(
                .badCredential,
                text.isEmpty
                    ? "\(origin) is empty: it should hold an assertion."
                    : "\(origin) holds no assertion: a JWT has three parts of base64url with points between them.",
                hint: "Look at what writes it; an assertion begins with \"ey\".")
        }
    }

    /// Its own word on when it ends; nil: it says nothing that can be read.
    var expiresOn: Int? { JSONWebToken(text)?.time("exp") }
}
