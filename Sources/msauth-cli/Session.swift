internal import MSAuth
internal import MSAuthSystem

/// One client, and what the command has it do.
struct Session {
    let invocation: Invocation
    let console: Console
    let client: Client
    let interrupt: Interrupt

    init(_ invocation: Invocation, _ console: Console) throws(MSAuthError) {
        self.invocation = invocation
        self.console = console
        interrupt = try Interrupt()
        let options = try invocation.clientOptions()
        client = try Client(options, .system(options))
    }

    func callOptions() throws(MSAuthError) -> Options { try invocation.callOptions(interrupt, console) }

    /// Runs one operation to its end, shows its prompts, and cancels it when the user wants to stop.
    func run<Value: Sendable>(
        _ options: Options, _ work: @escaping @Sendable (Client, Run) throws(MSAuthError) -> Value
    ) throws(MSAuthError) -> Value {
        let client = self.client
        let operation = try Operation.start { (cancellation, show) throws(MSAuthError) in
            try work(
                client,
                Run(client.environment, options, defaults: client.options, cancellation: cancellation, show: show))
        }
        defer { operation.abandon() }
        while true {
            try interrupt.wait(for: operation.descriptor)
            switch operation.wait(milliseconds: 0) {
            case .pending: continue
            case .prompt: if let (_, prompt) = operation.prompt { console.show(prompt) }
            case .ended(let result): return try result.get()
            }
        }
    }

    /// One connection as it stands.
    func summary(_ name: ConnectionName) throws(MSAuthError) -> ConnectionSummary? {
        try run(Options()) { (client, run) throws(MSAuthError) in try client.list(name, run).first }
    }

    func summaries() throws(MSAuthError) -> [ConnectionSummary] {
        try run(Options()) { (client, run) throws(MSAuthError) in try client.list(nil, run) }
    }
}
