internal import Glibc
internal import MSAuth
internal import MSAuthSystem

/// What stands behind the opaque pointers of the header. C owns one reference; the library takes others while it works.
protocol Handle: AnyObject {}

extension Handle {
    /// Gives C its reference.
    func handedOut() -> OpaquePointer { unsafe OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

    /// The object that C lends for a call; nil for NULL.
    static func borrowed(_ pointer: OpaquePointer?) -> Self? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// Takes C's reference back, after a last word.
    static func free(_ pointer: OpaquePointer?, _ last: (Self) -> Void = { _ in }) {
        guard let pointer = unsafe pointer else { return }
        ForkGate.enter()
        let number = errno
        let handle = unsafe Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer))
        unsafe last(handle.takeUnretainedValue())
        unsafe handle.release()
        errno = number
        ForkGate.leave()
    }
}

/// Texts that C reads in place: made when first asked for, kept as long as the object.
final class Texts: Sendable {
    /// What holds all of an object as JSON stands under a name that no caller can give: it has a NUL.
    static let json = "\0"

    private let made = Lock<[String: Secret]>([:])

    func cString(_ name: String, _ make: () -> Secret?) -> UnsafePointer<CChar>? {
        if let text = made.withLock({ $0[name] }) { return unsafe text.cString }
        guard let text = make() else { return nil }
        // Two threads may make it at once: the first one's stays.
        let kept = made.withLock { made in
            let kept = made[name] ?? text
            made[name] = kept
            return kept
        }
        return unsafe kept.cString
    }
}

final class OptionsHandle: Handle {
    var options = Options()
}

final class ClientHandle: Handle, Sendable {
    let client: Client
    init(_ client: Client) { self.client = client }
}

final class ErrorHandle: Handle, Sendable {
    let error: MSAuthError
    let texts = Texts()
    init(_ error: MSAuthError) { self.error = error }
}

final class TokenHandle: Handle, Sendable {
    let answer: TokenAnswer
    let texts = Texts()
    init(_ answer: TokenAnswer) { self.answer = answer }
}

final class ConnectionsHandle: Handle, Sendable {
    let connections: [ConnectionSummary]
    let texts = Texts()
    init(_ connections: [ConnectionSummary]) { self.connections = connections }
}

final class OperationHandle: Handle {
    let operation: Operation<Outcome>
    /// Prompts that C has read from: their texts live as long as the operation.
    private let prompts = Lock<[Texts]>([])

    init(_ operation: Operation<Outcome>) { self.operation = operation }

    func promptText(_ name: String) -> UnsafePointer<CChar>? {
        guard let (number, prompt) = operation.prompt, let field = prompt.fields.first(where: { $0.name == name })
        else {
            return nil
        }
        let texts = prompts.withLock { prompts in
            while prompts.count <= number { prompts.append(Texts()) }
            return prompts[number]
        }
        return unsafe texts.cString(name) { Secret(field.value) }
    }
}

/// What an operation ends with.
enum Outcome: Sendable {
    case nothing
    case token(TokenAnswer)
    case connections([ConnectionSummary])
}
