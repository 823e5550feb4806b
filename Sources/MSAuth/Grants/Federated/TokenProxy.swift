/// AKS's proxy for token requests, which stands between pods and Entra where many share one identity (identity bindings).
///
/// learn.microsoft.com/azure/aks/identity-bindings-concepts
package struct TokenProxy: Sendable {
    private static let proxy = "AZURE_KUBERNETES_TOKEN_PROXY"
    private static let name = "AZURE_KUBERNETES_SNI_NAME"
    private static let file = "AZURE_KUBERNETES_CA_FILE"
    private static let data = "AZURE_KUBERNETES_CA_DATA"

    private let address: Address
    /// What it is called in TLS, where that is not its host.
    private let serverName: String?
    /// PEM: who may vouch for it, instead of the system's authorities; nil: those.
    private let authorities: Secret?

    /// Nil where the environment names none, or nobody asked for it.
    init?(_ settings: Settings, _ grant: Grant, _ environment: Environment) throws(MSAuthError) {
        guard grant == .workloadIdentity, settings.flag(.aksTokenProxy) else { return nil }
        let machine = environment.machine
        guard let text = machine.variable(TokenProxy.proxy) else {
            let others = [TokenProxy.name, TokenProxy.file, TokenProxy.data].filter { machine.variable($0) != nil }
            guard let other = others.first else { return nil }
            throw TokenProxy.wrong("\(other) is set, but \(TokenProxy.proxy) is not")
        }
        guard let address = Address(text), address.query == nil else {
            throw TokenProxy.wrong(
                "\(TokenProxy.proxy) is \(text.quotedForMessage), which is no https address without user, query and fragment"
            )
        }
        self.address = address
        serverName = machine.variable(TokenProxy.name)
        if let serverName, Address("https://\(serverName)/")?.host != serverName.lowercased() {
            throw TokenProxy.wrong("\(TokenProxy.name) is \(serverName.quotedForMessage), which is no host name")
        }
        authorities = try TokenProxy.authorities(machine, environment.proxyAuthorities)
    }

    private static func authorities(
        _ machine: any Machine, _ known: ProxyAuthorities
    ) throws(MSAuthError) -> Secret? {
        switch (machine.variable(file), machine.variable(data)) {
        case (nil, nil): return nil
        case (_?, _?): throw wrong("both \(file) and \(data) are set, and one of them must be")
        case (nil, let text?):
            guard text.contains(marker) else { throw wrong("\(data) holds no PEM certificate") }
            return Secret(text)
        case (let path?, nil):
            let content = try? machine.readFollowingLinks(path, limit: limit)
            if content?.isEmpty != false, let before = known[path] { return before }
            guard let content, content.text().contains(marker) else {
                let what = content == nil ? "cannot be read" : "holds no PEM certificate"
                throw wrong("the file \(path.quotedForMessage), which \(file) names, \(what)")
            }
            known[path] = content
            return content
        }
    }

    private static let limit = 1 << 20
    private static let marker = "-----BEGIN CERTIFICATE-----"

    private static func wrong(_ what: String) -> MSAuthError {
        MSAuthError(
            .configuration, "AKS's token proxy cannot be used: \(what).",
            hint: "AKS sets these variables: look for what has changed them, or leave \"aks_token_proxy\" out.")
    }

    /// The same request, on its way through the proxy: the path behind the proxy's own, the query as it was.
    func lead(_ request: inout HTTPRequest) {
        let origin = request.origin
        let target = request.url.dropFirst(origin.count)
        var path = address.path
        while path.hasSuffix("/") { path.removeLast() }
        let authority = String(address.origin.dropFirst("https://".count))
        let port = authority.dropFirst(address.host.count)
        request.url = "https://\(serverName ?? address.host)\(port)\(path)\(target)"
        request.detour = HTTPRequest.Detour(
            connectTo: serverName.map { name in
                let port = port.isEmpty ? ":443" : port
                return "\(name)\(port):\(address.host)\(port)"
            }, authorities: authorities)
        if serverName != nil { request.headers.append((name: "Host", value: authority)) }
    }
}

/// What a file of authorities held when it was last read well: it is empty while it is being replaced.
package final class ProxyAuthorities: Sendable {
    private let held = Lock<[String: Secret]>([:])

    subscript(_ path: String) -> Secret? {
        get { held.withLock { $0[path] } }
        set { held.withLock { $0[path] = newValue } }
    }
}
