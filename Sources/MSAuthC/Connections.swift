internal import MSAuth
public import MSAuthHeader
internal import MSAuthSystem

@implementation @_cdecl("msauth_connect")
public func msauth_connect(
    _ client: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ options: OpaquePointer!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe start(.connect, client, name, options, out, error) { (call) throws(MSAuthError) in
        try call.run { (client, run) throws(MSAuthError) in
            try client.connect(call.name, call.options, run).map { .token($0) } ?? .nothing
        }
    }
}

@implementation @_cdecl("msauth_resume")
public func msauth_resume(
    _ client: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ options: OpaquePointer!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe start(.resume, client, name, options, out, error) { (call) throws(MSAuthError) in
        try call.run { (client, run) throws(MSAuthError) in .token(try client.resume(call.name, call.options, run)) }
    }
}

@implementation @_cdecl("msauth_acquire")
public func msauth_acquire(
    _ client: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ options: OpaquePointer!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe start(.acquire, client, name, options, out, error) { (call) throws(MSAuthError) in
        if let held = call.client.heldToken(call.name, call.options) { return .ended(.token(held)) }
        return try call.run { (client, run) throws(MSAuthError) in
            .token(try client.acquire(call.name, call.options, run))
        }
    }
}

@implementation @_cdecl("msauth_disconnect")
public func msauth_disconnect(
    _ client: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ options: OpaquePointer!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe start(.disconnect, client, name, options, out, error) { (call) throws(MSAuthError) in
        try call.run { (client, run) throws(MSAuthError) in
            try client.disconnect(call.name, call.options, run)
            return .nothing
        }
    }
}

@implementation @_cdecl("msauth_list")
public func msauth_list(
    _ client: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ options: OpaquePointer!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe start(.list, client, name, options, out, error) { (call) throws(MSAuthError) in
        try call.run { (client, run) throws(MSAuthError) in .connections(try client.list(call.name, run)) }
    }
}

/// One call with its arguments checked.
private struct StartedCall: Sendable {
    let client: Client
    let name: ConnectionName?
    let options: Options

    func run(
        _ work: @escaping @Sendable (Client, Run) throws(MSAuthError) -> Outcome
    ) throws(MSAuthError) -> Operation<Outcome> {
        try .start { (cancellation, show) throws(MSAuthError) in
            try work(
                client,
                Run(client.environment, options, defaults: client.options, cancellation: cancellation, show: show))
        }
    }
}

private func start(
    _ call: Call, _ client: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ options: OpaquePointer?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?,
    _ begin: (StartedCall) throws(MSAuthError) -> Operation<Outcome>
) -> msauth_status {
    unsafe out?.pointee = nil
    return unsafe answering(error) { () throws(MSAuthError) in
        guard let client = unsafe ClientHandle.borrowed(client)?.client else {
            throw .invalidArgument("client is NULL.")
        }
        guard let out = unsafe out else { throw .invalidArgument("out is NULL.") }
        let options = unsafe OptionsHandle.borrowed(options)?.options ?? Options()
        try options.check(for: call)
        let call = try unsafe StartedCall(client: client, name: Argument.connectionName(name), options: options)
        unsafe out.pointee = try OperationHandle(begin(call)).handedOut()
    }
}

// MARK: Lists

@implementation @_cdecl("msauth_connections_count")
public func msauth_connections_count(_ connections: OpaquePointer!) -> Int {
    unsafe ConnectionsHandle.borrowed(connections)?.connections.count ?? 0
}

@implementation @_cdecl("msauth_connections_get")
public func msauth_connections_get(
    _ connections: OpaquePointer!, _ index: Int, _ field: UnsafePointer<CChar>!
) -> UnsafePointer<CChar>! {
    guard let handle = unsafe ConnectionsHandle.borrowed(connections), handle.connections.indices.contains(index),
        let field = try? unsafe Argument.text(field, "field"), let value = handle.connections[index].fields[field]
    else { return nil }
    return unsafe handle.texts.cString("\(index) \(field)") { Secret(value) }
}

@implementation @_cdecl("msauth_connections_json")
public func msauth_connections_json(_ connections: OpaquePointer!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe ConnectionsHandle.borrowed(connections) else { return nil }
    return unsafe handle.texts.cString(Texts.json) { ConnectionSummary.json(handle.connections) }
}

@implementation @_cdecl("msauth_connections_free")
public func msauth_connections_free(_ connections: OpaquePointer!) { unsafe ConnectionsHandle.free(connections) }
