@testable import MSAuth

/// What a federation server answers, in the shape of AD FS.
enum Federation {
    static let mex = "https://adfs.contoso.com/adfs/services/trust/mex"
    static let address13 = "https://adfs.contoso.com/adfs/services/trust/13/usernamemixed"
    static let address2005 = "https://adfs.contoso.com/adfs/services/trust/2005/usernamemixed"

    static func realm(_ more: String = ",\"federation_metadata_url\":\"\(mex)\"") -> String {
        "{\"ver\":\"1.0\",\"account_type\":\"Federated\",\"domain_name\":\"contoso.com\",\"federation_protocol\":\"WSTrust\","
            + "\"cloud_audience_urn\":\"urn:federation:MicrosoftOnline\"\(more)}"
    }

    struct Port {
        var version = TrustVersion.v13
        var address: String?
        var transport = "http://schemas.xmlsoap.org/soap/http"
        var action: String?
        var token: String?
        var hasTransportBinding = true
    }

    /// WSDL with a policy, a binding and a port for each.
    static func metadata(_ ports: [Port]) -> String {
        var text = """
            <?xml version="1.0" encoding="utf-8"?>
            <wsdl:definitions name="SecurityTokenService" targetNamespace="http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice" \
            xmlns:wsdl="\(Namespace.wsdl)" xmlns:wsp="\(Namespace.policy)" xmlns:wsu="\(Namespace.utility)" \
            xmlns:soap12="\(Namespace.wsdlSOAP12)" xmlns:wsa10="\(Namespace.addressing)" \
            xmlns:tns="http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice">

            """
        for (index, port) in ports.enumerated() {
            let is13 = port.version == .v13
            let policy = is13 ? Namespace.securityPolicy : Namespace.securityPolicy2005
            let tokens = port.token ?? (is13 ? "SignedEncryptedSupportingTokens" : "SignedSupportingTokens")
            let transport = port.hasTransportBinding ? "<sp:TransportBinding><wsp:Policy/></sp:TransportBinding>" : ""
            text += """
                <wsp:Policy wsu:Id="Policy\(index)"><wsp:ExactlyOne><wsp:All xmlns:sp="\(policy)">\(transport)
                <sp:\(tokens)><wsp:Policy><sp:UsernameToken><wsp:Policy><sp:WssUsernameToken10/></wsp:Policy></sp:UsernameToken>
                </wsp:Policy></sp:\(tokens)></wsp:All></wsp:ExactlyOne></wsp:Policy>
                <wsdl:binding name="Binding\(index)" type="tns:Contract\(index)"><wsp:PolicyReference URI="#Policy\(index)"/>
                <soap12:binding transport="\(port.transport)"/><wsdl:operation name="Issue">
                <soap12:operation soapAction="\(port.action ?? port.version.action)" style="document"/></wsdl:operation></wsdl:binding>

                """
        }
        text += "<wsdl:service name=\"SecurityTokenService\">"
        for (index, port) in ports.enumerated() {
            let address = port.address ?? (port.version == .v13 ? address13 : address2005)
            text += """
                <wsdl:port name="Port\(index)" binding="tns:Binding\(index)"><soap12:address location="\(address)"/>
                <wsa10:EndpointReference><wsa10:Address>\(address)</wsa10:Address></wsa10:EndpointReference></wsdl:port>

                """
        }
        return text + "</wsdl:service></wsdl:definitions>"
    }

    static func assertion(_ namespace: String = "urn:oasis:names:tc:SAML:1.0:assertion") -> String {
        "<saml:Assertion  AssertionID='_1'\n xmlns:saml=\"\(namespace)\"><saml:Subject>Zoë &amp; Co</saml:Subject></saml:Assertion>"
    }

    static func response(
        _ version: TrustVersion = .v13, type: String = "urn:oasis:names:tc:SAML:1.0:assertion",
        token: String = assertion()
    ) -> String {
        """
        <s:Envelope xmlns:s="\(Namespace.soap)" xmlns:t="\(version.namespace)"><s:Body>
        <t:RequestSecurityTokenResponseCollection><t:RequestSecurityTokenResponse>
        <t:RequestedSecurityToken>
          \(token)
        </t:RequestedSecurityToken><t:TokenType>\(type)</t:TokenType>
        </t:RequestSecurityTokenResponse></t:RequestSecurityTokenResponseCollection></s:Body></s:Envelope>
        """
    }

    static func fault(
        _ subcode: String? = "FailedAuthentication", code: String = "Sender",
        reason: String = "MSIS7068: Access denied."
    ) -> String {
        let inner = subcode.map {
            "<s:Subcode><s:Value xmlns:a=\"http://schemas.xmlsoap.org/ws/2005/02/trust\">a:\($0)</s:Value></s:Subcode>"
        }
        return """
            <s:Envelope xmlns:s="\(Namespace.soap)"><s:Body><s:Fault><s:Code><s:Value>s:\(code)</s:Value>\(inner ?? "")</s:Code>
            <s:Reason><s:Text xml:lang="en-US">\(reason)</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>
            """
    }
}
