internal import MSAuth
public import MSAuthHeader
internal import MSAuthSystem

@implementation @_cdecl("msauth_operation_wait")
public func msauth_operation_wait(
    _ operation: OpaquePointer!, _ timeout_ms: Int32, _ out: UnsafeMutablePointer<OpaquePointer?>!,
    _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe out?.pointee = nil
    var progress = Status.ok
    let status = unsafe answering(error) { () throws(MSAuthError) in
        guard let operation = unsafe OperationHandle.borrowed(operation)?.operation else {
            throw .invalidArgument("operation is NULL.")
        }
        guard operation.isMine else {
            throw .invalidArgument(
                "The operation belongs to the process that this one was forked from: it can only be freed.")
        }
        switch operation.wait(milliseconds: timeout_ms < 0 ? nil : Int(timeout_ms)) {
        case .pending: progress = .pending
        case .prompt: progress = .prompt
        case .ended(let result):
            if case .token(let answer) = try result.get(), let out = unsafe out {
                unsafe out.pointee = TokenHandle(answer).handedOut()
            }
        }
    }
    return status == Status.ok.rawValue ? progress.rawValue : status
}

@implementation @_cdecl("msauth_operation_fd")
public func msauth_operation_fd(_ operation: OpaquePointer!) -> Int32 {
    guard let operation = unsafe OperationHandle.borrowed(operation)?.operation, operation.isMine else { return -1 }
    return operation.descriptor
}

@implementation @_cdecl("msauth_operation_get")
public func msauth_operation_get(_ operation: OpaquePointer!, _ name: UnsafePointer<CChar>!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe OperationHandle.borrowed(operation), handle.operation.isMine,
        let name = try? unsafe Argument.text(name, "name")
    else { return nil }
    return unsafe handle.promptText(name)
}

@implementation @_cdecl("msauth_operation_connections")
public func msauth_operation_connections(_ operation: OpaquePointer!) -> OpaquePointer! {
    guard let operation = unsafe OperationHandle.borrowed(operation)?.operation, operation.isMine,
        case .success(.connections(let connections))? = operation.outcome
    else { return nil }
    return unsafe ConnectionsHandle(connections).handedOut()
}

@implementation @_cdecl("msauth_operation_cancel")
public func msauth_operation_cancel(_ operation: OpaquePointer!) {
    unsafe OperationHandle.borrowed(operation)?.operation.cancel()
}

@implementation @_cdecl("msauth_operation_free")
public func msauth_operation_free(_ operation: OpaquePointer!) {
    unsafe OperationHandle.free(operation) { $0.operation.abandon() }
}
