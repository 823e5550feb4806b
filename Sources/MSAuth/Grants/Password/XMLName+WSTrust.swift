/// The names of SOAP, WSDL, WS-Policy and WS-Trust that a sign-in at a federation server meets.
enum Namespace {
    static let soap = "http://www.w3.org/2003/05/soap-envelope"
    static let addressing = "http://www.w3.org/2005/08/addressing"
    static let utility =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
    static let security =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    static let policy = "http://schemas.xmlsoap.org/ws/2004/09/policy"
    static let securityPolicy = "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
    static let securityPolicy2005 = "http://schemas.xmlsoap.org/ws/2005/07/securitypolicy"
    static let wsdl = "http://schemas.xmlsoap.org/wsdl/"
    static let wsdlSOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
}

extension XMLElement {
    func child(_ namespace: String, _ local: String) -> XMLElement? { child(XMLName(namespace, local)) }

    /// The first of the name in any of the namespaces.
    func child(in namespaces: [String], _ local: String) -> XMLElement? {
        children.first { $0.name.local == local && namespaces.contains($0.name.namespace) }
    }

    func attribute(_ local: String) -> String? { attributes[XMLName("", local)] }
}
