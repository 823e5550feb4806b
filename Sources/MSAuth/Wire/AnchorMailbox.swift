/// Whose request it is, as a header: Entra's backup finds the user by it while the directory is out of reach.
///
/// It names a person, so it goes to the token endpoint alone: the log shows no header.
enum AnchorMailbox {
    static let name = "X-AnchorMailbox"

    /// A user by the `uid.utid` of client_info; nil for an ID of another making, such as AD FS's.
    static func value(homeAccountID: String) -> String? {
        let parts = homeAccountID.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isPlain) }) else { return nil }
        return "Oid:\(parts[0])@\(parts[1])"
    }

    /// A user by name. What a header cannot carry is left out: it is a hint.
    static func value(username: String) -> String? {
        guard !username.isEmpty, username.utf8.count <= 320, username.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else { return nil }
        return "upn:\(username)"
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte.isASCIILetterOrDigit || byte == UInt8(ascii: "-") }
}
