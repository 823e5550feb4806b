/// The answer of the device authorization endpoint, RFC 8628 section 3.2.
package struct DeviceAuthorization: Sendable {
    package var deviceCode: Secret
    package var userCode: String
    package var verificationURI: String
    package var message: String
    package var expiresIn: Int
    package var interval: Int

    package init(_ response: HTTPResponse) throws(MSAuthError) {
        guard let json = JSON(response.body), json.object != nil else { throw Unreadable.notJSON(response) }
        guard let deviceCode = json["device_code"]?.string, (1...8192).contains(deviceCode.utf8.count) else {
            throw Unreadable.lacks("device_code")
        }
        guard let userCode = json["user_code"]?.string.map({ ServerText.clean($0, limit: 64) }), !userCode.isEmpty
        else {
            throw Unreadable.lacks("user_code")
        }
        // Entra's older endpoint calls it verification_url.
        guard let uri = (json["verification_uri"] ?? json["verification_url"])?.string else {
            throw Unreadable.lacks("verification_uri")
        }
        guard Address(uri) != nil else {
            throw MSAuthError(.untrusted, "The service's verification_uri is not an https address.")
        }
        self.deviceCode = Secret(deviceCode)
        self.userCode = userCode
        verificationURI = uri
        message =
            json["message"]?.string.map { ServerText.clean($0) }
            ?? "To sign in, open \(uri) in a browser on any device and enter the code \(userCode)."
        guard let lifetime = json["expires_in"]?.integer, lifetime > 0 else { throw Unreadable.lacks("expires_in") }
        expiresIn = min(lifetime, 86400)
        // Section 3.2: five seconds when the service says nothing.
        interval = min(max(json["interval"]?.integer ?? 5, 1), 3600)
    }
}
