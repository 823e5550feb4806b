internal import MSAuth
internal import MSAuthHeader

@implementation @_cdecl("msauth_token_get")
public func msauth_token_get(_ token: OpaquePointer!, _ name: UnsafePointer<CChar>!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe TokenHandle.borrowed(token), let name = try? unsafe Argument.text(name, "name") else {
        return nil
    }
    return unsafe handle.texts.cString(name) { handle.answer.value(name) }
}

@implementation @_cdecl("msauth_token_expires_on")
public func msauth_token_expires_on(_ token: OpaquePointer!) -> Int64 {
    unsafe TokenHandle.borrowed(token).map { Int64($0.answer.token.expiresOn) } ?? -1
}

@implementation @_cdecl("msauth_token_json")
public func msauth_token_json(_ token: OpaquePointer!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe TokenHandle.borrowed(token) else { return nil }
    return unsafe handle.texts.cString(Texts.json) { handle.answer.json }
}

@implementation @_cdecl("msauth_token_free")
public func msauth_token_free(_ token: OpaquePointer!) { unsafe TokenHandle.free(token) }
