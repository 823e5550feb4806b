internal import MSAuth

/// One flag as it is written on the command line.
struct Flag {
    enum Meaning {
        case option(OptionDefinition)
        /// `--no-wait`: the option set to false.
        case denied(OptionDefinition)
        case own(Switch)
    }

    enum Value: Int32 { case none, required, optional }

    let name: String
    let value: Value
    let meaning: Meaning

    private init(_ name: String, _ value: Value, _ meaning: Meaning) {
        self.name = name
        self.value = value
        self.meaning = meaning
    }

    /// Everything that a command takes.
    static func all(for command: Command) -> [Flag] {
        command.options.flatMap { all(for: $0) } + command.switches.map { Flag($0) }
    }

    init(_ own: Switch) { self.init(own.rawValue, .none, .own(own)) }

    private static func all(for option: OptionDefinition) -> [Flag] {
        let name = option.name.flag
        guard option.kind == .flag else { return [Flag(name, .required, .option(option))] }
        return [Flag(name, .optional, .option(option)), Flag("no-" + name, .none, .denied(option))]
    }

    /// As a list of what is taken shows it; nil: not there, or shown with another.
    var usage: String? {
        switch meaning {
        case .option(let option): option.usage
        case .own(let own): own.help.map { _ in "--" + name }
        case .denied: nil
        }
    }

    /// With the words it takes, for completion: `--grant device_code client_secret`.
    var completion: String {
        guard case .option(let option) = meaning else { return "--" + name }
        return (["--" + name] + option.kind.words).joined(separator: " ")
    }
}

extension OptionDefinition {
    /// `--[no-]wait` stands for two.
    var usage: String { kind == .flag ? "--[no-]\(name.flag)" : "--\(name.flag)" }
}

extension OptionName {
    /// `client_id` is `--client-id`.
    var flag: String { rawValue.replacing("_", with: "-") }
}
