internal import MSAuth
public import MSAuthHeader

private let version = Secret(Library.version)
private let unknown = Secret("unknown")
private let statusNames = Dictionary(uniqueKeysWithValues: Status.allCases.map { ($0.rawValue, Secret($0.name)) })
private let description = Description.json(version: Library.version)

@implementation @_cdecl("msauth_version")
public func msauth_version() -> UnsafePointer<CChar>! { unsafe version.cString }

@implementation @_cdecl("msauth_status_name")
public func msauth_status_name(_ status: msauth_status) -> UnsafePointer<CChar>! {
    unsafe (statusNames[status] ?? unknown).cString
}

@implementation @_cdecl("msauth_describe")
public func msauth_describe() -> UnsafePointer<CChar>! { unsafe description.cString }
