internal import MSAuth
public import MSAuthHeader
internal import MSAuthSystem

@implementation @_cdecl("msauth_client_new")
public func msauth_client_new(
    _ options: OpaquePointer!, _ out: UnsafeMutablePointer<OpaquePointer?>!,
    _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe out?.pointee = nil
    return unsafe answering(error) { () throws(MSAuthError) in
        guard let out = unsafe out else { throw .invalidArgument("out is NULL.") }
        let options = unsafe OptionsHandle.borrowed(options)?.options ?? Options()
        try options.check(for: .client)
        unsafe out.pointee = try ClientHandle(Client(options, .system(options))).handedOut()
    }
}

@implementation @_cdecl("msauth_client_free")
public func msauth_client_free(_ client: OpaquePointer!) { unsafe ClientHandle.free(client) }
