/// The claims parameter: what a challenge asked for, and that we can handle revocation.
package enum Claims {
    /// Merges the caller's challenge with the capability `cp1`, which says that the holder answers claims challenges.
    package static func merged(_ challenge: String?, cae: Bool) -> String? {
        guard cae else { return challenge }
        var claims = challenge.flatMap { JSON(Secret($0))?.object } ?? [:]
        var accessToken = claims["access_token"]?.object ?? [:]
        accessToken["xms_cc"] = .object(["values": .array([.string("cp1")])])
        claims["access_token"] = .object(accessToken)
        var writer = JSONWriter()
        writer.value(nil, .object(claims))
        return writer.finish().text()
    }
}
