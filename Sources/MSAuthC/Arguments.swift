internal import Glibc
internal import MSAuth
internal import MSAuthHeader

/// What C hands in, checked before anything else looks at it.
enum Argument {
    /// The longest text that is looked at: a name, or the value of an option.
    static let limit = 1 << 16

    /// A text that must be there.
    static func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(MSAuthError) -> String {
        guard let text = try unsafe optionalText(pointer, what) else { throw .invalidArgument("\(what) is NULL.") }
        return text
    }

    /// A text or NULL.
    static func optionalText(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(MSAuthError) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        let length = unsafe length(pointer)
        guard length <= limit else { throw .invalidArgument("\(what) is longer than 64 KiB.") }
        let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: length)
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
            throw .invalidArgument("\(what) is not UTF-8.")
        }
        return text
    }

    static func connectionName(_ pointer: UnsafePointer<CChar>?) throws(MSAuthError) -> ConnectionName? {
        guard let text = try unsafe optionalText(pointer, "The connection name") else { return nil }
        return try ConnectionName(text)
    }

    /// Bytes before the NUL, but no more than one beyond the limit: that is enough to refuse the rest unseen.
    static func length(_ pointer: UnsafePointer<CChar>) -> Int {
        var length = 0
        while unsafe length <= limit && pointer[length] != 0 { length += 1 }
        return length
    }
}

/// Runs the body of an export: writes `error`, and turns what was thrown into a status.
func answering(
    _ error: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws(MSAuthError) -> Void
) -> msauth_status {
    unsafe error?.pointee = nil
    ForkGate.enter()
    // The host's, which no call of ours may change.
    let number = errno
    defer {
        errno = number
        ForkGate.leave()
    }
    do {
        try body()
        return Status.ok.rawValue
    } catch let failure {
        unsafe error?.pointee = ErrorHandle(failure).handedOut()
        return failure.status.rawValue
    }
}
