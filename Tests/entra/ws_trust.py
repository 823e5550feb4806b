"""The words of WS-Trust and the documents around it, in both versions that AD FS speaks."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
POLICY = "http://schemas.xmlsoap.org/ws/2004/09/policy"


@dataclass(frozen=True)
class Version:
    name: str
    trust: str
    policy: str
    tokens: str
    key_type: str

    @property
    def path(self) -> str:
        return f"/adfs/services/trust/{self.name}/usernamemixed"

    @property
    def action(self) -> str:
        return f"{self.trust}/RST/Issue"

    @property
    def request_type(self) -> str:
        return f"{self.trust}/Issue"


V13 = Version(
    "13", "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
    "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702", "SignedEncryptedSupportingTokens",
    "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer")
V2005 = Version(
    "2005", "http://schemas.xmlsoap.org/ws/2005/02/trust",
    "http://schemas.xmlsoap.org/ws/2005/07/securitypolicy", "SignedSupportingTokens",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey")
VERSIONS = {version.name: version for version in (V13, V2005)}


def metadata(base: str, versions: list[Version]) -> str:
    """The WS-MetadataExchange document of an AD FS that offers a sign-in by Kerberos and by user name and password."""
    offered = [(version, kind) for version in (V2005, V13) for kind in ("kerberosmixed", "usernamemixed")
               if kind != "usernamemixed" or version in versions]
    names = {each: f"CustomBinding_IWSTrust{each[0].name}Async_{each[1]}" for each in offered}
    policies = "".join(policy(names[each], *each) for each in offered)
    bindings = "".join(binding(names[each], each[0]) for each in offered)
    ports = "".join(port(names[each], base, *each) for each in offered)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="SecurityTokenService"
    targetNamespace="http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:tns="http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice" xmlns:wsa10="{ADDRESSING}"
    xmlns:wsu="{UTILITY}" xmlns:wsp="{POLICY}">
{policies}{bindings}  <wsdl:service name="SecurityTokenService">
{ports}  </wsdl:service>
</wsdl:definitions>"""


def policy(name: str, version: Version, kind: str) -> str:
    token = "<sp:UsernameToken><wsp:Policy><sp:WssUsernameToken10 /></wsp:Policy></sp:UsernameToken>"
    tokens, inner = (version.tokens, token) if kind == "usernamemixed" else (
        "EndorsingSupportingTokens", "<sp:KerberosToken><wsp:Policy /></sp:KerberosToken>")
    return f"""  <wsp:Policy wsu:Id="{name}_policy">
    <wsp:ExactlyOne>
      <wsp:All>
        <sp:TransportBinding xmlns:sp="{version.policy}"><wsp:Policy>
          <sp:TransportToken><wsp:Policy><sp:HttpsToken /></wsp:Policy></sp:TransportToken>
          <sp:IncludeTimestamp />
        </wsp:Policy></sp:TransportBinding>
        <sp:{tokens} xmlns:sp="{version.policy}"><wsp:Policy>{inner}</wsp:Policy></sp:{tokens}>
        <wsaw:UsingAddressing xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" />
      </wsp:All>
    </wsp:ExactlyOne>
  </wsp:Policy>
"""


def binding(name: str, version: Version) -> str:
    return f"""  <wsdl:binding name="{name}" type="tns:IWSTrust{version.name}Async">
    <wsp:PolicyReference URI="#{name}_policy" />
    <soap12:binding transport="http://schemas.xmlsoap.org/soap/http" />
    <wsdl:operation name="Trust{version.name}IssueAsync">
      <soap12:operation soapAction="{version.action}" style="document" />
    </wsdl:operation>
  </wsdl:binding>
"""


def port(name: str, base: str, version: Version, kind: str) -> str:
    address = f"{base}/adfs/services/trust/{version.name}/{kind}"
    return f"""    <wsdl:port name="{name}" binding="tns:{name}">
      <soap12:address location="{address}" />
      <wsa10:EndpointReference><wsa10:Address>{address}</wsa10:Address></wsa10:EndpointReference>
    </wsdl:port>
"""


def issued(version: Version, token: str, token_type: str) -> str:
    response = (f'<t:RequestSecurityTokenResponse xmlns:t="{version.trust}">'
                f"<t:RequestedSecurityToken>{token}</t:RequestedSecurityToken><t:TokenType>{token_type}</t:TokenType>"
                f"<t:RequestType>{version.request_type}</t:RequestType><t:KeyType>{version.key_type}</t:KeyType>"
                "</t:RequestSecurityTokenResponse>")
    if version is V13:
        name = "t:RequestSecurityTokenResponseCollection"
        response = f'<{name} xmlns:t="{version.trust}">{response}</{name}>'
    return envelope(f"{version.trust}/RSTRC/IssueFinal" if version is V13 else f"{version.trust}/RSTR/Issue", response)


def fault(subcode: str, reason: str) -> str:
    return envelope(f"{ADDRESSING}/soap/fault", (
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
        f'<s:Value xmlns:a="{V2005.trust}">a:{subcode}</s:Value></s:Subcode></s:Code>'
        f'<s:Reason><s:Text xml:lang="en-US">{escape(reason)}</s:Text></s:Reason></s:Fault>'))


def envelope(action: str, body: str) -> str:
    return (f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}"><s:Header>'
            f'<a:Action s:mustUnderstand="1">{action}</a:Action></s:Header><s:Body>{body}</s:Body></s:Envelope>')
