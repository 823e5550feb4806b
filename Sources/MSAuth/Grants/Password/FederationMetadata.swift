/// A WS-MetadataExchange document: which endpoint of a federation server takes a user name and a password.
///
/// A port counts when its binding speaks SOAP 1.2 over HTTP, issues tokens, and refers to a policy that asks for a user
/// name token over TLS.
struct FederationMetadata {
    private let root: XMLElement

    init(_ root: XMLElement) { self.root = root }

    /// WS-Trust 1.3 before 2005.
    var endpoint: TrustEndpoint? {
        let bindings = self.bindings
        let endpoints = root.descendants(XMLName(Namespace.wsdl, "port")).compactMap { port -> TrustEndpoint? in
            // A qualified name: its prefix stands for the document's own namespace.
            guard let binding = port.attribute("binding")?.split(separator: ":").last,
                let version = bindings[String(binding)],
                let reference = port.child(Namespace.addressing, "EndpointReference"),
                let address = reference.child(Namespace.addressing, "Address")
            else { return nil }
            return TrustEndpoint(address.trimmedText, version)
        }
        return endpoints.first { $0.version == .v13 } ?? endpoints.first
    }

    private var bindings: [String: TrustVersion] {
        let policies = self.policies
        var versions: [String: TrustVersion] = [:]
        for binding in root.descendants(XMLName(Namespace.wsdl, "binding")) {
            let references = binding.children(XMLName(Namespace.policy, "PolicyReference"))
            let operation = binding.child(Namespace.wsdl, "operation")?.child(Namespace.wsdlSOAP12, "operation")
            guard let name = binding.attribute("name"),
                references.contains(where: { $0.attribute("URI").map(policies.contains) ?? false }),
                binding.child(Namespace.wsdlSOAP12, "binding")?.attribute("transport")
                    == "http://schemas.xmlsoap.org/soap/http",
                let version = TrustVersion.allCases.first(where: { $0.action == operation?.attribute("soapAction") })
            else { continue }
            versions[name] = version
        }
        return versions
    }

    /// References to the policies that ask for a user name and a password.
    private var policies: Set<String> {
        let found = root.descendants(XMLName(Namespace.policy, "Policy")).filter { policy in
            let alternatives = policy.child(Namespace.policy, "ExactlyOne")?.children ?? []
            return alternatives.contains { all in
                all.name == XMLName(Namespace.policy, "All")
                    && all.child(in: FederationMetadata.securityPolicies, "TransportBinding") != nil
                    && FederationMetadata.asksForUsername(all)
            }
        }
        return Set(found.compactMap { $0.attributes[XMLName(Namespace.utility, "Id")].map { "#" + $0 } })
    }

    private static func asksForUsername(_ all: XMLElement) -> Bool {
        let tokens = [
            all.child(Namespace.securityPolicy, "SignedEncryptedSupportingTokens"),
            all.child(Namespace.securityPolicy2005, "SignedSupportingTokens"),
        ]
        return tokens.contains { token in
            token?.child(Namespace.policy, "Policy")?.child(in: securityPolicies, "UsernameToken")?
                .child(Namespace.policy, "Policy")?.child(in: securityPolicies, "WssUsernameToken10") != nil
        }
    }

    private static let securityPolicies = [Namespace.securityPolicy, Namespace.securityPolicy2005]
}
