internal import MSAuth
public import MSAuthHeader

@implementation @_cdecl("msauth_options_new")
public func msauth_options_new() -> OpaquePointer! {
    ForkGate.enter()
    defer { ForkGate.leave() }
    return unsafe OptionsHandle().handedOut()
}

@implementation @_cdecl("msauth_options_set")
public func msauth_options_set(
    _ options: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ value: UnsafePointer<CChar>!,
    _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    unsafe set(options, name, value.map { unsafe UnsafeRawBufferPointer(start: $0, count: Argument.length($0)) }, error)
}

@implementation @_cdecl("msauth_options_set_bytes")
public func msauth_options_set_bytes(
    _ options: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ bytes: UnsafeRawPointer!, _ length: Int,
    _ error: UnsafeMutablePointer<OpaquePointer?>!
) -> msauth_status {
    // A length beyond the limit is refused by what is looked at: one byte more than any option takes.
    let count = Int(min(UInt(bitPattern: length), UInt(Argument.limit) + 1))
    return unsafe set(options, name, bytes.map { unsafe UnsafeRawBufferPointer(start: $0, count: count) }, error)
}

@implementation @_cdecl("msauth_options_free")
public func msauth_options_free(_ options: OpaquePointer!) { unsafe OptionsHandle.free(options) }

private func set(
    _ options: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafeRawBufferPointer?,
    _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> msauth_status {
    unsafe answering(error) { () throws(MSAuthError) in
        guard let handle = unsafe OptionsHandle.borrowed(options) else { throw .invalidArgument("options is NULL.") }
        do throws(MSAuthError) {
            let text = try unsafe Argument.text(name, "The option's name")
            try unsafe handle.options.set(text, value.map { unsafe Secret(copying: $0) })
        } catch {
            // Also a name that could not be read is a set that failed; a known one has remembered it already.
            handle.options.remember(error)
            throw error
        }
    }
}
