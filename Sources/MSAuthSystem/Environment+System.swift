package import MSAuth

extension Environment {
    /// The real world, as the client's options shape it. Nothing is opened but the log.
    package static func system(_ options: Options) throws(MSAuthError) -> Environment {
        guard !ProcessEnvironment.isElevated else {
            throw MSAuthError(
                .unsupported, "This program runs with more rights than its caller (setuid or capabilities).",
                hint: "Sign in from a program that runs with the rights of its user alone.")
        }
        let settings = Settings(call: options, client: Options())
        let clock = SystemClock()
        let timeout = Double(settings.seconds(.storeTimeout))
        let isPersistent = settings[.store] != "memory"
        let store: any Store =
            isPersistent
            ? SecretServiceStore(
                timeout: timeout, storePrompt: settings.flag(.storePrompt),
                storePlainSession: settings.flag(.storePlainSession))
            : MemoryStore()
        // A holder may be in the middle of a request: longer than the longest of those.
        let patience = Double(settings.seconds(.httpTimeout)) + timeout + 5
        return Environment(
            transport: CurlTransport(transport(settings)), store: store,
            locks: isPersistent ? LockFiles(storeName: store.name, timeout: patience, clock: clock) : Turns(),
            clock: clock, log: try settings[.log].map { (place) throws(MSAuthError) in try LogFile(place) } ?? NoLog(),
            crypto: OpenSSLCrypto(), certificates: CertificateFiles(), machine: SystemMachine(),
            listener: LoopbackListener(), browser: DesktopBrowser(), commands: SystemCommands(), xml: ExpatReader())
    }

    private static func transport(_ settings: Settings) -> CurlTransport.Configuration {
        var configuration = CurlTransport.Configuration()
        configuration.caFile = settings[.caFile]
        configuration.proxy = settings[.proxy]
        configuration.noProxy = settings[.noProxy]
        configuration.connectTimeout = Double(settings.seconds(.connectTimeout))
        configuration.timeout = Double(settings.seconds(.httpTimeout))
        configuration.userAgent =
            "libmsauth/\(Library.version) (Linux)" + (settings[.application].map { " \($0)" } ?? "")
        return configuration
    }
}
