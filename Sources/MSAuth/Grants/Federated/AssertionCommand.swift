/// A program that prints an assertion: its words as a JSON array, so that no shell has to take them apart.
struct AssertionCommand {
    /// How long it may take: others wait for the connection meanwhile.
    private static let seconds = 30.0

    let words: [String]
    var name: String { words.first ?? "" }

    init(_ text: String) throws(MSAuthError) {
        let array = JSON(Secret(text))?.array ?? []
        let words = array.compactMap(\.string)
        guard words.count == array.count, words.first?.hasPrefix("/") == true,
            words.allSatisfy({ !$0.utf8.contains(0) })
        else {
            throw .invalidArgument(
                "The option \"assertion_command\" is \(text.quotedForMessage): it takes the command's words as a JSON array "
                    + "of strings, the program with its whole path, such as [\"/usr/bin/tool\", \"token\"].")
        }
        self.words = words
    }

    func output(_ run: Run) throws(MSAuthError) -> Secret {
        let name = "The command \(self.name.quotedForMessage)"
        let hint = "Run it by hand, as this user and without a terminal: it must print an assertion and end with 0."
        let seconds = min(try run.remaining() ?? AssertionCommand.seconds, AssertionCommand.seconds)
        do throws(CommandFailure) {
            return try run.environment.commands.output(
                of: words, limit: FederatedAssertion.limit, seconds: seconds, run.cancellation)
        } catch {
            // The caller's own limit, or the caller, may have ended it.
            _ = try run.remaining()
            switch error {
            case .notStarted(let reason):
                throw MSAuthError(
                    .unsupported, "\(name) cannot be started: \(reason).",
                    hint: "The option \"assertion_command\" names it by its whole path.")
            case .exhausted:
                throw MSAuthError(.exhausted, "\(name) needs a descriptor, and this process has none left.")
            case .failed(let status):
                throw MSAuthError(.service, "\(name) ended with \(status) and gave no assertion.", hint: hint)
            case .tookTooLong:
                throw MSAuthError(.service, "\(name) did not end within \(Int(seconds.rounded(.up))) s.", hint: hint)
            case .tooMuch:
                throw MSAuthError(
                    .badCredential, "\(name) printed more than 64 KiB, which is no assertion.", hint: hint)
            }
        }
    }
}
