// optarg, optind and the like are variables of the C library; only this file uses them, on the one thread there is.
@unsafe @preconcurrency internal import CLinux
internal import Glibc
internal import MSAuth

/// The words that the program was started with, read by the C library's getopt_long.
struct Words {
    /// In the order in which they were given.
    private(set) var flags: [(meaning: Flag.Meaning, value: Secret?)] = []
    private(set) var operands: [String] = []
    /// How many words were read: what follows the first operand belongs to a command.
    private(set) var count = 0
    /// The first mistake. Reading goes on after it: a later --json says how to report it.
    private(set) var failure: MSAuthError?

    /// Reads what begins after word number `first`, which names who takes the flags.
    init(after first: Int, _ taken: [Flag], taker: String, stopsAtOperand: Bool = false) {
        let argc = max(CommandLine.argc - Int32(first), 0)
        let argv = unsafe CommandLine.unsafeArgv + first
        let names = unsafe taken.map { unsafe strdup($0.name) }
        defer { unsafe names.forEach { unsafe free($0) } }
        var table = unsafe zip(taken.indices, names).map { index, name in
            unsafe option(
                name: UnsafePointer(name), has_arg: taken[index].value.rawValue, flag: nil,
                val: Words.firstLong + Int32(index))
        }
        unsafe table.append(option())

        opterr = 0
        // Zero makes glibc begin anew, which one does not.
        optind = 0
        loop: while true {
            switch unsafe getopt_long(argc, argv, stopsAtOperand ? "+:h" : ":h", &table, nil) {
            case -1: break loop
            case Int32(UInt8(ascii: "h")): flags.append((.own(.help), nil))
            case Int32(UInt8(ascii: ":")):
                remember("The option --\(taken[Int(optopt - Words.firstLong)].name) needs a value.")
            case Int32(UInt8(ascii: "?")): unsafe refuse(argv[Int(optind) - 1], taken, taker)
            case let long:
                flags.append(
                    (taken[Int(long - Words.firstLong)].meaning, unsafe optarg.map { unsafe Secret(cString: $0) }))
            }
        }
        count = Int(optind)
        for index in Int(optind)..<max(Int(argc), Int(optind)) {
            guard let word = unsafe argv[index], let text = unsafe String(validatingCString: word) else {
                remember("Word \(first + index) of the command line is not UTF-8.")
                continue
            }
            operands.append(text)
        }
    }

    /// Beyond the values of all letters.
    private static let firstLong: Int32 = 256

    /// Says what is wrong with a word that getopt_long did not take.
    private mutating func refuse(_ word: UnsafeMutablePointer<CChar>?, _ taken: [Flag], _ taker: String) {
        if optopt >= Words.firstLong {
            return remember("The option --\(taken[Int(optopt - Words.firstLong)].name) takes no value.")
        }
        if optopt != 0 {
            return remember("\(taker) does not take the option -\(letter(optopt)).", taken)
        }
        // The value may be a secret: it is not shown.
        let name = unsafe word.map { unsafe String(cString: $0) }?.dropFirst(2).prefix { $0 != "=" } ?? ""
        let begun = taken.map(\.name).filter { $0.hasPrefix(name) }
        if begun.count > 1 {
            return remember(
                "The option --\(name) may be \(begun.map { "--" + $0 }.joined(separator: " or ")): write it out.")
        }
        let nearest = String(name).nearest(in: taken.map(\.name)).map { "; did you mean --\($0)?" } ?? "."
        remember("\(taker) does not take the option --\(ServerText.clean(String(name), limit: 64))\(nearest)", taken)
    }

    private mutating func remember(_ message: String, _ taken: [Flag] = []) {
        guard failure == nil else { return }
        let names = taken.sorted { $0.name < $1.name }.compactMap(\.usage)
        failure = MSAuthError(
            .invalidArgument, message, hint: names.isEmpty ? nil : "It takes \(names.joined(separator: ", ")).")
    }

    private func letter(_ code: Int32) -> String {
        UInt8(exactly: code).map { ServerText.clean(String(Character(Unicode.Scalar($0)))) } ?? ""
    }
}
