internal import MSAuth
internal import MSAuthHeader

@implementation @_cdecl("msauth_error_message")
public func msauth_error_message(_ error: OpaquePointer!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe ErrorHandle.borrowed(error) else { return nil }
    return unsafe handle.texts.cString("message") { handle.error.value("message").map { Secret($0) } }
}

@implementation @_cdecl("msauth_error_get")
public func msauth_error_get(_ error: OpaquePointer!, _ name: UnsafePointer<CChar>!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe ErrorHandle.borrowed(error), let name = try? unsafe Argument.text(name, "name") else {
        return nil
    }
    return unsafe handle.texts.cString(name) { handle.error.value(name).map { Secret($0) } }
}

@implementation @_cdecl("msauth_error_json")
public func msauth_error_json(_ error: OpaquePointer!) -> UnsafePointer<CChar>! {
    guard let handle = unsafe ErrorHandle.borrowed(error) else { return nil }
    return unsafe handle.texts.cString(Texts.json) { handle.error.json }
}

@implementation @_cdecl("msauth_error_free")
public func msauth_error_free(_ error: OpaquePointer!) { unsafe ErrorHandle.free(error) }
