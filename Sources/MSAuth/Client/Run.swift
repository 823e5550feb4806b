/// One run of a call: the world, and what its caller may still say about it.
package struct Run: Sendable {
    package let environment: Environment
    package let cancellation: Cancellation
    /// One for the whole run: its requests stand together in the service's sign-in log.
    package let correlationID: String
    /// By the clock that counts suspended time; nil: no limit.
    private let deadline: Double?
    /// Shows the caller something that a person must see.
    package let show: @Sendable (Prompt) -> Void
    /// Whether what the service refused lately is not asked again: so it is for acquire, which nobody may be watching.
    var isThrottled = false

    package init(
        _ environment: Environment, _ options: Options, defaults: Options = Options(), cancellation: Cancellation,
        show: @escaping @Sendable (Prompt) -> Void = { _ in }
    ) {
        self.environment = environment
        self.cancellation = cancellation
        self.show = show
        correlationID = options[.correlationID] ?? UUID4.make()
        let seconds = Settings(call: options, client: defaults).seconds(.timeout)
        deadline = seconds > 0 ? environment.clock.boot + Double(seconds) : nil
    }

    /// Seconds that are left, nil without a limit.
    package func remaining() throws(MSAuthError) -> Double? {
        try cancellation.check()
        guard let deadline else { return nil }
        let seconds = deadline - environment.clock.boot
        guard seconds > 0 else {
            throw .timedOut
        }
        return seconds
    }

    /// Sleeps, but not past the deadline and not when cancelled: both throw.
    package func sleep(_ seconds: Double) throws(MSAuthError) {
        let limit = try remaining()
        environment.clock.sleep(min(seconds, limit ?? seconds), cancellation)
        _ = try remaining()
    }
}

/// Something that a person must see, to go on elsewhere.
package struct Prompt: Sendable {
    package let fields: [(name: String, value: String)]
    /// What the address is for, when it is not to sign in: somebody with more rights than the user's opens it.
    package private(set) var isForAdministrator = false

    package init(_ authorization: DeviceAuthorization, expiresOn: Int) {
        fields = [
            ("message", authorization.message),
            ("user_code", authorization.userCode),
            ("verification_uri", authorization.verificationURI),
            ("expires_on", String(expiresOn)),
            ("interval", String(authorization.interval)),
        ]
    }

    /// The one who opens it may be somebody else, whom this is sent to.
    init(adminConsent address: String, _ state: Secret, expiresOn: Int) {
        isForAdministrator = true
        fields = [
            (
                "message",
                "For an administrator to consent to the application, open this address in a browser: \(address)"
            ),
            ("authorization_url", address), ("state", state.text()), ("expires_on", String(expiresOn)),
        ]
    }

    /// `interactive` opens a browser by itself; the address is for who does not see one.
    init(_ address: String, _ state: Secret, expiresOn: Int, opensBrowser: Bool) {
        let message =
            opensBrowser
            ? "Sign in in the browser that opens now. If none does, open this address: \(address)"
            : "To sign in, open this address in a browser: \(address)"
        fields = [
            ("message", message), ("authorization_url", address), ("state", state.text()),
            ("expires_on", String(expiresOn)),
        ]
    }
}
