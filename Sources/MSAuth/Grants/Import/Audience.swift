/// What a token is for, as it says itself: the `aud` of a v1.0 token is a resource's identifier, of a v2.0 token the
/// application ID behind it.
enum Audience {
    private static let applications: [String: Service] = [
        "00000003-0000-0000-c000-000000000000": .graph,
        "00000002-0000-0000-c000-000000000000": .aad,
        "797f4846-ba00-4fd7-ba43-dac1f8f63013": .azure,
        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093": .keyvault,
        "e406a681-f3d4-42a8-90b6-c2b029497af1": .storage,
        "00000002-0000-0ff1-ce00-000000000000": .exchange,
        "c5393580-f805-4401-95e8-94b7a6ef2fc2": .activity,
        "8ee8fdad-f234-4243-8f3b-15c294843740": .defender,
    ]

    /// The identifier that people know.
    static func resource(of audience: String, _ cloud: Cloud) -> String {
        applications[audience.lowercased()]?.resource(in: cloud) ?? audience
    }

    /// Whether all scopes are for that one resource.
    static func covers(_ audience: String, _ scopes: Scopes, _ cloud: Cloud) -> Bool {
        let own = plain(audience)
        return scopes.sorted.filter { !Scopes.reserved.contains($0) }.allSatisfy {
            plain(resource(of: resource(ofScope: $0, cloud), cloud)) == own
        }
    }

    /// A scope without a resource is Microsoft Graph's.
    private static func resource(ofScope scope: String, _ cloud: Cloud) -> String {
        guard let slash = scope.lastIndex(of: "/") else { return Service.graph.resource(in: cloud) ?? scope }
        return String(scope[..<slash])
    }

    /// A slash at the end makes another scope, but the same resource.
    private static func plain(_ resource: String) -> Substring {
        resource.lowercased().dropLast(resource.hasSuffix("/") ? 1 : 0)
    }
}
