internal import Glibc

/// Bytes that are wiped when freed: a refresh token, a password, a key, an access token, and the text they travel in.
///
/// The one file of the core that touches memory by hand. There is always a NUL behind the last byte, so that C may
/// read it in place. It has no `==`: comparing byte by byte tells an observer how many agreed; `matches` does not.
@safe
package final class Secret: @unchecked Sendable, RandomAccessCollection, CustomStringConvertible, CustomReflectable {
    private let buffer: UnsafeMutableRawBufferPointer
    package let count: Int

    package init(_ bytes: some Collection<UInt8>) {
        count = bytes.count
        unsafe buffer = .allocate(byteCount: count + 1, alignment: 1)
        unsafe buffer.copyBytes(from: bytes)
        unsafe buffer[count] = 0
    }

    package convenience init(_ text: String) {
        self.init(text.utf8)
    }

    /// Copies what C lends.
    package convenience init(copying bytes: UnsafeRawBufferPointer) {
        unsafe self.init(taking: .allocate(byteCount: bytes.count + 1, alignment: 1), count: bytes.count)
        unsafe buffer.copyMemory(from: bytes)
    }

    fileprivate init(taking memory: UnsafeMutableRawBufferPointer, count: Int) {
        unsafe buffer = memory
        self.count = count
        unsafe buffer[count] = 0
    }

    deinit {
        unsafe buffer.wipeAndFree()
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(_ index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return unsafe buffer[index]
    }

    /// Reads the bytes in place.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// The NUL-terminated text, for C; it lives as long as this object.
    package var cString: UnsafePointer<CChar> {
        // There is always the byte of the NUL, so there is an address.
        unsafe UnsafePointer(buffer.assumingMemoryBound(to: CChar.self).baseAddress.unsafelyUnwrapped)
    }

    /// A copy as a String, which nobody wipes: for a value on its way into JSON or a message that holds no secret.
    package func text() -> String {
        String(decoding: self, as: UTF8.self)
    }

    /// Whether the bytes are equal, in a time that does not depend on where they differ.
    package func matches(_ other: Secret) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in indices { difference |= self[index] ^ other[index] }
        return difference == 0
    }

    package var description: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A text that grows without leaving copies of itself behind: form bodies, records and JSON are built in one.
@safe package struct SecretText: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var count = 0

    package init(capacity: Int = 1024) {
        unsafe memory = .allocate(byteCount: max(capacity, 16), alignment: 1)
    }

    deinit {
        unsafe memory.wipeAndFree()
    }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe memory[count] = byte
        count += 1
    }

    package mutating func append(_ text: String) {
        append(contentsOf: text.utf8)
    }

    package mutating func append(_ secret: Secret) {
        reserve(secret.count)
        unsafe secret.withBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        }
        count += secret.count
    }

    package mutating func append(contentsOf bytes: some Collection<UInt8>) {
        reserve(bytes.count)
        for byte in bytes {
            unsafe memory[count] = byte
            count += 1
        }
    }

    /// Hands the bytes over without copying them.
    package consuming func finish() -> Secret {
        reserve(0)
        let secret = unsafe Secret(taking: memory, count: count)
        discard self
        return secret
    }

    /// Makes room for so many bytes and a NUL; what was outgrown is wiped.
    private mutating func reserve(_ more: Int) {
        let needed = count + more + 1
        guard unsafe needed > memory.count else { return }
        let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, memory.count * 2), alignment: 1)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        unsafe memory.wipeAndFree()
        unsafe memory = larger
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func wipeAndFree() {
        if let start = baseAddress { unsafe explicit_bzero(start, count) }
        unsafe deallocate()
    }
}

extension Secret {
    /// Whether the bytes are UTF-8 whose every letter passes; no copy of them is made.
    package func isText(_ passes: (Unicode.Scalar) -> Bool = { _ in true }) -> Bool {
        var parser = Unicode.UTF8.ForwardParser()
        var bytes = makeIterator()
        while true {
            switch parser.parseScalar(from: &bytes) {
            case .valid(let encoded): if !passes(Unicode.UTF8.decode(encoded)) { return false }
            case .emptyInput: return true
            case .error: return false
            }
        }
    }
}
