internal import Glibc
internal import MSAuth

/// Where the program speaks: its answer on stdout, everything else on stderr.
struct Console {
    var isJSON = false

    /// The answer, and a newline.
    func answer(_ text: Secret) throws(MSAuthError) {
        let line = Console.line(text)
        var written = 0
        while written < line.count {
            let count = unsafe line.withBytes { line in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: line[written...])
                return unsafe write(STDOUT_FILENO, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw MSAuthError(
                    .unsupported, "The answer could not be written: \(lastErrorSentence).")
            }
        }
    }

    func answer(_ text: String) throws(MSAuthError) { try answer(Secret(text)) }

    /// A sentence beside the answer; a program that reads JSON finds the same in there.
    func tell(_ sentence: String) {
        if !isJSON { say(sentence) }
    }

    /// A sentence that must be read, whatever is read besides.
    func warn(_ sentence: String) {
        isJSON ? say(Console.object { $0.string("warning", sentence) }) : say("msauth: \(sentence)")
    }

    func fail(_ error: MSAuthError) {
        if isJSON { return say(error.json) }
        // Who pressed Ctrl-C knows what was cancelled; the newline ends the line with ^C.
        guard error.status != .cancelled else { return say("") }
        say("msauth: \(ServerText.clean(error.message, limit: Console.limit))")
        if let hint = error.hint { say("hint: \(ServerText.clean(hint, limit: Console.limit))") }
    }

    /// A sentence of our own: the service's may say anything.
    func show(_ prompt: Prompt) {
        let fields = Dictionary(prompt.fields, uniquingKeysWith: { $1 })
        let sentence: (String) -> String
        let code: String
        if let address = fields["authorization_url"] {
            // The library's own: it is never cut short, and holds nothing of the service's.
            let purpose = prompt.isForAdministrator ? "For an administrator to consent" : "To sign in"
            sentence = { _ in "\(purpose), open \(address)" }
            code = ""
        } else {
            let address = ServerText.clean(fields["verification_uri"] ?? "")
            code = ServerText.clean(fields["user_code"] ?? "")
            sentence = { code in "To sign in, open \(address) and enter the code \(code)" }
        }
        guard isJSON else { return say(sentence(Terminal.emphasised(code))) }
        say(
            Console.object { object in
                for field in Fields.prompt {
                    let value = field.name == "message" ? sentence(code) : fields[field.name]
                    object.field(field, ifAny: value.map { Secret($0) })
                }
            })
    }

    static func object(_ members: (inout JSONWriter) -> Void) -> Secret {
        var writer = JSONWriter()
        writer.object(nil, members)
        return writer.finish()
    }

    /// More than any list of options.
    private static let limit = 8192

    private func say(_ text: String) { say(Secret(text)) }

    private func say(_ text: Secret) {
        // Nobody is left to tell of a failure here.
        _ = unsafe Console.line(text).withBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func line(_ text: Secret) -> Secret {
        var line = SecretText(capacity: text.count + 2)
        line.append(text)
        line.append(UInt8(ascii: "\n"))
        return line.finish()
    }
}
