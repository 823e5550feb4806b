internal import MSAuth

/// One command with what was said about it.
struct Invocation {
    let command: Command
    private(set) var switches: Set<Switch> = []
    /// By flag: a text, or where a secret comes from.
    private(set) var given: [OptionName: Secret] = [:]
    let operands: [String]

    /// Reads the command line; nil when there is nothing more to do. The console learns how to speak.
    static func read(_ console: inout Console) throws(MSAuthError) -> Invocation? {
        let head = Words(after: 0, [Flag(.help), Flag(.version)], taker: "msauth", stopsAtOperand: true)
        if let failure = head.failure {
            throw MSAuthError(
                failure.status, failure.message, hint: "The command comes first: msauth COMMAND [OPTION…].")
        }
        if case .own(let own)? = head.flags.first?.meaning {
            try console.answer(own == .version ? "msauth \(Library.version)" : Help.program)
            return nil
        }
        guard let word = head.operands.first else {
            throw MSAuthError(.invalidArgument, "No command was given.", hint: Help.commands)
        }
        guard let command = Command(rawValue: word) else {
            let nearest = word.nearest(in: Command.allCases.map(\.rawValue)).map { "; did you mean \($0)?" } ?? "."
            throw MSAuthError(
                .invalidArgument, "There is no command \(word.quotedForMessage)\(nearest)", hint: Help.commands)
        }
        let words = Words(after: head.count, Flag.all(for: command), taker: command.rawValue)
        let invocation = Invocation(command, words)
        console.isJSON = invocation.switches.contains(.json)
        if invocation.switches.contains(.help) {
            try console.answer(Help.text(of: command))
            return nil
        }
        if invocation.switches.contains(.flags) {
            try console.answer(Flag.all(for: command).map(\.completion).joined(separator: "\n"))
            return nil
        }
        if let failure = words.failure { throw failure }
        return invocation
    }

    private init(_ command: Command, _ words: Words) {
        self.command = command
        operands = words.operands
        for (meaning, value) in words.flags {
            switch meaning {
            case .own(let own): switches.insert(own)
            case .denied(let option): given[option.name] = Secret("false")
            case .option(let option):
                // Said twice, a list grows; anything else is said anew.
                if option.kind == .list, let before = given[option.name], let value {
                    given[option.name] = Secret(Array(before) + Array(" ".utf8) + Array(value))
                } else {
                    given[option.name] = value ?? Secret("true")
                }
            }
        }
    }

    func run(_ console: Console) throws(MSAuthError) {
        switch command {
        case .connect: try Session(self, console).connect()
        case .resume: try Session(self, console).resume()
        case .token: try Session(self, console).token()
        case .status: try Session(self, console).status()
        case .list: try Session(self, console).list()
        case .disconnect: try Session(self, console).disconnect()
        case .describe:
            try refuseOperands()
            try console.answer(Description.json(version: Library.version))
        case .help: try console.answer(help())
        }
    }

    /// The connection that is meant.
    func name() throws(MSAuthError) -> ConnectionName {
        guard operands.count <= 1 else {
            throw .invalidArgument("\(command.rawValue) takes one NAME, not \(operands.count).")
        }
        return try ConnectionName(operands.first ?? Command.defaultName)
    }

    func refuseOperands() throws(MSAuthError) {
        guard operands.isEmpty else { throw .invalidArgument("\(command.rawValue) takes no NAME.") }
    }

    private func help() throws(MSAuthError) -> String {
        if switches.contains(.names) { return Command.allCases.map(\.rawValue).joined(separator: "\n") }
        guard let word = operands.first else { return Help.program }
        guard let command = Command(rawValue: word) else {
            throw MSAuthError(.invalidArgument, "There is no command \(word.quotedForMessage).", hint: Help.commands)
        }
        return Help.text(of: command)
    }
}
