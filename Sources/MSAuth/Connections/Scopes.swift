/// What a token is for: a set with a fixed order.
///
/// Two lists that name the same scopes ask for the same token, whatever their order.
package struct Scopes: Hashable, Sendable, CustomStringConvertible {
    package let sorted: [String]

    package init(_ text: String) {
        sorted = Set(text.split(separator: " ").map(String.init)).sorted()
    }

    /// The exact resource identifier and `/.default`, never trimmed: for a resource that ends in `/` the two slashes are right.
    package init(resource: String) {
        self.init(resource + "/.default")
    }

    /// What a user's sign-in asks for besides: an ID token, the profile in it, and a refresh token.
    package static let reserved = Set(["openid", "profile", "offline_access"])

    /// With the reserved scopes, for a request on behalf of a user.
    package var withReserved: String {
        (sorted.filter { !Scopes.reserved.contains($0) } + Scopes.reserved.sorted()).joined(separator: " ")
    }

    /// The one resource that they are for, as those take it who know no scopes: without "/.default", which is cut off
    /// once, so that the slash of a resource that ends in one stays. Nil when they are for more than one.
    package var resource: String? {
        guard sorted.count == 1, let scope = sorted.first else { return nil }
        return scope.hasSuffix("/.default") ? String(scope.dropLast("/.default".count)) : scope
    }

    package var description: String { sorted.joined(separator: " ") }
}
