internal import MSAuth

/// What the program can be told to do.
enum Command: String, CaseIterable {
    case connect, resume, token, status, list, disconnect, describe, help

    static let defaultName = "default"

    /// The call of the library that it makes; nil: none.
    var call: Call? {
        switch self {
        case .connect: .connect
        case .resume: .resume
        case .token: .acquire
        case .status, .list: .list
        case .disconnect: .disconnect
        case .describe, .help: nil
        }
    }

    /// The options of its call, and those that only the client takes: transport, store and log.
    var options: [OptionDefinition] { callOptions + clientOptions }

    var callOptions: [OptionDefinition] { call.map { Vocabulary.options(for: $0) } ?? [] }

    var clientOptions: [OptionDefinition] { call == nil ? [] : Vocabulary.options.filter { $0.calls == [.client] } }

    /// What it takes that is no option of the library.
    var switches: [Switch] {
        switch self {
        case .connect, .resume, .status, .describe: [.json, .help, .flags]
        case .token: [.header, .json, .help, .flags]
        case .list: [.json, .help, .names, .flags]
        case .disconnect: [.all, .json, .help, .flags]
        case .help: [.help, .names, .flags]
        }
    }

    var operands: String {
        switch self {
        case .connect, .resume, .token, .status: "[NAME]"
        case .disconnect: "NAME…|--all"
        case .help: "[COMMAND]"
        case .list, .describe: ""
        }
    }

    var help: String {
        switch self {
        case .status: "shows one connection"
        case .describe: "prints all options, fields and statuses as JSON"
        case .help: "explains a command"
        case .connect, .resume, .token, .list, .disconnect: call?.help ?? ""
        }
    }

    /// What its options do not say.
    var notes: [String] {
        switch self {
        case .connect:
            [
                "Without --grant a connection that exists signs in again as it did. A new one signs in by device_code, "
                    + "or, when a secret is given, by the grant that the secret belongs to.",
                "A secret that the sign-in needs and that is not given is asked for, where there is a terminal.",
            ]
        case .resume: ["It goes on with what connect --no-wait began, in any process of the same user."]
        case .token:
            [
                "Prints the access token and nothing else. So that no other user sees it in the list of processes:",
                "  msauth token --header | curl -H @- https://graph.microsoft.com/v1.0/me",
            ]
        case .status: ["The exit status is \(Status.notFound.rawValue) when there is no such connection."]
        case .disconnect: ["It goes on after a connection that fails, and ends with the status of the first that did."]
        case .list, .describe, .help: []
        }
    }
}

/// A switch of the program itself.
enum Switch: String, CaseIterable {
    case header, json, all, help, version
    /// For completion; not in the help.
    case names, flags

    var help: String? {
        switch self {
        case .header: "print the whole header line, \"Authorization: Bearer TOKEN\""
        case .json: "answer in JSON, errors and prompts (on stderr) too"
        case .all: "all connections"
        case .help: "this help"
        case .version: "print the version"
        case .names, .flags: nil
        }
    }
}
