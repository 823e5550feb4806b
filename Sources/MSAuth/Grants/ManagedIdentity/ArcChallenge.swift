/// Azure Arc's agent gives tokens to who can read a file that it names: root and the group himds.
///
/// learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication
struct ArcChallenge {
    static let folder = "/var/opt/azcmagent/tokens/"
    static let limit = 4096

    private let path: String

    /// Reads `Basic realm=PATH`. Another path than a key in the agent's own folder would have us send a stranger's file.
    init(_ response: HTTPResponse) throws(MSAuthError) {
        let header = response.headers["www-authenticate"] ?? ""
        let start = "basic realm="
        guard header.lowercased().hasPrefix(start) else {
            throw MSAuthError(
                .untrusted,
                "Azure Arc's agent refused without a challenge that can be answered: \(header.quotedForMessage).")
        }
        var path = String(header.dropFirst(start.count))
        if path.count > 2, path.hasPrefix("\""), path.hasSuffix("\"") { path = String(path.dropFirst().dropLast()) }
        let name = path.dropFirst(ArcChallenge.folder.count)
        guard path.hasPrefix(ArcChallenge.folder), name.hasSuffix(".key"), name.count > ".key".count,
            name.utf8.allSatisfy({ $0.isASCIILetterOrDigit || "-._".utf8.contains($0) })
        else {
            throw MSAuthError(
                .untrusted,
                "Azure Arc's agent asked for the file \(path.quotedForMessage), which is no key in \(ArcChallenge.folder).",
                hint: "Look at what listens in the agent's place.")
        }
        self.path = path
    }

    /// What the file holds.
    func answer(from machine: any Machine) throws(MSAuthError) -> Secret {
        let content: Secret
        do throws(FileRefusal) {
            content = try machine.read(path, limit: ArcChallenge.limit)
        } catch {
            throw refusal(error)
        }
        var end = content.count
        while end > 0, content[end - 1] == UInt8(ascii: "\n") || content[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let key = Secret(content[..<end])
        guard !key.isEmpty, key.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            throw MSAuthError(.untrusted, "Azure Arc's file \(path) holds no key.")
        }
        return key
    }

    private func refusal(_ refusal: FileRefusal) -> MSAuthError {
        switch refusal {
        case .forbidden:
            MSAuthError(
                .unsupported, "This user may not read \(path), by which Azure Arc's agent knows who may have a token.",
                hint: "Add the user to the group himds (usermod -a -G himds USER) and start the program anew.")
        case .missing:
            MSAuthError(
                .untrusted, "Azure Arc's agent asked for the file \(path), which is not there.",
                hint: "In a container: the agent's folder is needed too, mounted at its place.")
        case .notRegular:
            MSAuthError(.untrusted, "Azure Arc's file \(path) is not a regular file, or is reached by a symbolic link.")
        case .tooLarge:
            MSAuthError(.untrusted, "Azure Arc's file \(path) is longer than \(ArcChallenge.limit) bytes.")
        case .failed(let reason):
            MSAuthError(.unsupported, "Azure Arc's file \(path) cannot be read: \(reason).")
        }
    }

    static let notMade = MSAuthError(
        .untrusted, "Azure Arc's agent answered without asking for proof, which it never does.",
        hint: "Look at what listens in the agent's place.")

    /// Agents that know no user-assigned identities answer for the system's own, without a word.
    static func checkEcho(of identity: ManagedIdentity, in response: HTTPResponse) throws(MSAuthError) {
        guard let option = identity.option else { return }
        let json = JSON(response.body)
        let echo =
            switch option {
            case .resourceID: json?["msi_res_id"]?.string ?? json?["mi_res_id"]?.string
            default: json?[option.rawValue]?.string
            }
        guard echo?.lowercased() == identity.value.lowercased() else {
            throw MSAuthError(
                .untrusted, "Azure Arc's agent did not confirm that the token is for the identity that was asked for.",
                hint: "Update the Azure Connected Machine agent: older ones know the system-assigned identity alone.")
        }
    }
}
