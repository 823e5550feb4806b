internal import MSAuth

/// The help, made from the table of options.
enum Help {
    static let commands = "The commands are \(Command.allCases.map(\.rawValue).joined(separator: ", "))."

    static var program: String {
        """
        Usage: msauth COMMAND [OPTION…] [NAME]

        Signs in to the Microsoft identity platform (Entra ID), and keeps the connection
        in the keyring. A connection without a NAME is called "\(Command.defaultName)".

        """
            + section("Commands:", Command.allCases.map { ("\($0.rawValue) \($0.operands)", $0.help) })
            + section("Options:", [Switch.help, .version].map { ("--\($0.rawValue)", $0.help ?? "") })
            + "\nmsauth COMMAND --help explains the options of a command.\n"
            + wrapped(
                "The exit status is the library's status: \(statuses). msauth describe lists them all.", indent: 0)
    }

    static func text(of command: Command) -> String {
        let usage = ["Usage: msauth \(command.rawValue)", command.options.isEmpty ? "" : "[OPTION…]", command.operands]
        var text = usage.filter { !$0.isEmpty }.joined(separator: " ") + "\n\n"
        text += ([sentence(command.help)] + command.notes).map { wrapped($0, indent: 0) + "\n" }.joined()
        let own = command.switches.compactMap { own in own.help.map { ("--\(own.rawValue)", $0) } }
        text += section("Options:", command.callOptions.map { row($0) } + own)
        text += section("Options of every command:", command.clientOptions.map { row($0) })
        if command.options.contains(where: \.isSecret) {
            text += "\n" + wrapped("SOURCE is where a secret is read from: \(SecretSource.forms).", indent: 0) + "\n"
        }
        text.removeLast()
        return text
    }

    private static let statuses = [Status.ok, .invalidArgument, .interactionRequired, .notFound]
        .map { "\($0.rawValue) \($0.name)" }.joined(separator: ", ")

    private static func row(_ option: OptionDefinition) -> (String, String) {
        var facts: [String] = []
        if !fits(option.kind.words) { facts.append("one of \(option.kind.words.joined(separator: ", "))") }
        if !option.grants.isEmpty { facts.append("grant \(option.grants.map(\.rawValue).joined(separator: ", "))") }
        if let value = option.defaultValue { facts.append("default: \(value)") }
        if let variable = option.environment { facts.append("environment: \(variable)") }
        return (flag(option), option.help + (facts.isEmpty ? "" : " (\(facts.joined(separator: "; ")))"))
    }

    private static func flag(_ option: OptionDefinition) -> String {
        switch option.kind {
        case .flag: option.usage
        case .word(let words): "\(option.usage) \(fits(words) ? words.joined(separator: "|") : "WORD")"
        case .secret: "\(option.usage) SOURCE"
        case .text, .seconds, .number, .list, .path, .url, .json: "\(option.usage) \(option.kind.name.uppercased())"
        case .bytes: "\(option.usage) SOURCE"
        }
    }

    /// Few enough to stand beside the flag itself.
    private static func fits(_ words: [String]) -> Bool { words.joined(separator: "|").count <= 40 }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    // MARK: Layout

    private static let width = 80
    private static let column = 26

    private static func section(_ title: String, _ rows: [(String, String)]) -> String {
        guard !rows.isEmpty else { return "" }
        return "\n\(title)\n"
            + rows.map { head, text in
                let body = wrapped(text, indent: column)
                // What does not fit beside its explanation stands above it.
                guard head.count <= column - 4 else { return "  \(head)\n\(body)\n" }
                return "  " + head.padded(to: column - 2) + body.dropFirst(column) + "\n"
            }.joined()
    }

    /// A text that is indented already is an example, and stays as it is.
    private static func wrapped(_ text: String, indent: Int) -> String {
        guard !text.hasPrefix(" ") else { return text }
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [margin + line]).joined(separator: "\n")
    }
}
