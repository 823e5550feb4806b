/// One of Azure's regions, whose own copy of the token service answers client credentials.
package struct Region: Hashable, Sendable {
    package let name: String

    /// It becomes a part of a host's name, so nothing but a name is taken.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last, Region.isLetter(first),
            Region.isLetter(last) || Region.isDigit(last),
            bytes.allSatisfy({ Region.isLetter($0) || Region.isDigit($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        name = text
    }

    /// The word that has it found out.
    package static let auto = "auto"

    /// What App Service and Functions say in REGION_NAME, which may have capitals and spaces: "West Europe".
    static func named(on machine: any Machine) -> Region? {
        machine.variable("REGION_NAME").flatMap { Region($0.lowercased().filter { $0 != " " }) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension Region {
    /// Where this runs: the platform's variable, then IMDS. Asked once; nil where nobody knows, and the global service then
    /// answers just as well.
    static func found(_ run: Run) throws(MSAuthError) -> Region? {
        let whereabouts = run.environment.whereabouts
        if let known = whereabouts.region { return known }
        let region: Region?
        if let named = named(on: run.environment.machine) { region = named } else { region = try asked(run) }
        run.environment.log.write { "the region is \(region?.name ?? "not known: the global service is asked")" }
        whereabouts.remember(region)
        return region
    }

    /// A second for it at most, past every proxy: elsewhere than in Azure nobody answers. The version is not negotiated: an
    /// IMDS that no longer serves this one leaves the global service.
    private static func asked(_ run: Run) throws(MSAuthError) -> Region? {
        let host = try MetadataService.address(run.environment.machine, MetadataService.imdsHost)
        var request = HTTPRequest(
            metadata: (host ?? MetadataService.imdsAddress) + "/metadata/instance/compute?api-version=2021-02-01",
            form: nil, headers: [("Metadata", "true")], secrets: [])
        request.timeout = min(try run.remaining() ?? 1, 1)
        do throws(MSAuthError) {
            let response = try run.environment.transport.send(request, run.cancellation)
            guard response.status == 200 else { return nil }
            return JSON(response.body)?["location"]?.string.flatMap { Region($0) }
        } catch {
            _ = try run.remaining()
            guard error.status == .network || error.status == .untrusted else { throw error }
            return nil
        }
    }
}
