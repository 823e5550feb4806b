internal import Glibc
internal import MSAuth

extension Secret {
    /// Copies what C lends.
    convenience init(cString: UnsafePointer<CChar>) {
        unsafe self.init(copying: UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
    }

    /// The value of an environment variable; nil: there is none.
    convenience init?(variable name: String) {
        guard let value = unsafe getenv(name) else { return nil }
        unsafe self.init(cString: value)
    }
}

/// What the C library says about the call that just failed.
var lastErrorSentence: String { unsafe String(cString: strerror(errno)) }
