internal import Glibc
internal import MSAuth

/// Where a secret comes from, in OpenSSL's words (openssl-passphrase-options(1)): an argument of a program is seen by
/// every user of the machine.
enum SecretSource {
    case environment(String)
    case file(String)
    case descriptor(Int32)
    case literal(Secret, OptionName)

    static let forms = "env:VAR, file:PATH, fd:N, stdin or pass:LITERAL"

    /// What is wrong is not shown: it is most likely the secret itself.
    init(_ text: Secret, _ option: OptionName) throws(MSAuthError) {
        let colon = text.firstIndex(of: UInt8(ascii: ":"))
        let form = String(decoding: text[..<(colon ?? text.endIndex)], as: UTF8.self)
        let rest = colon.map { text[text.index(after: $0)...] }
        switch (form, rest) {
        case ("stdin", nil): self = .descriptor(STDIN_FILENO)
        case ("pass", let rest?): self = .literal(Secret(rest), option)
        case ("env", let rest?): self = .environment(String(decoding: rest, as: UTF8.self))
        case ("file", let rest?): self = .file(String(decoding: rest, as: UTF8.self))
        case ("fd", let rest?):
            guard let number = Int32(String(decoding: rest, as: UTF8.self)), number >= 0 else { fallthrough }
            self = .descriptor(number)
        default:
            throw .invalidArgument(
                "The option --\(option.flag) does not say where the secret is: it takes \(SecretSource.forms).")
        }
    }

    func read(isBinary: Bool, _ interrupt: Interrupt, _ console: Console) throws(MSAuthError) -> Secret {
        switch self {
        case .environment(let name):
            guard let value = Secret(variable: name) else {
                throw .invalidArgument(
                    "There is no environment variable \(name.quotedForMessage) to read the secret from.")
            }
            return value
        case .file(let path):
            // Without waiting for who writes a pipe: that is waited for where Ctrl-C is seen.
            let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
            guard file >= 0 else {
                throw .invalidArgument(
                    "No secret can be read from the file \(path.quotedForMessage): \(lastErrorSentence)."
                )
            }
            defer { close(file) }
            return try SecretInput.read(file, from: "the file \(path.quotedForMessage)", isBinary: isBinary, interrupt)
        case .descriptor(let number):
            return try SecretInput.read(
                number, from: number == STDIN_FILENO ? "stdin" : "the descriptor \(number)", isBinary: isBinary,
                interrupt)
        case .literal(let secret, let option):
            console.warn("Other users may see what --\(option.flag) pass:… says in the list of processes.")
            return secret
        }
    }
}
