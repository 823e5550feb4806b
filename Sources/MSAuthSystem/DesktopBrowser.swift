internal import Glibc
package import MSAuth

/// The user's browser: what BROWSER names, what opens a page on Windows from within WSL, or the desktop's own choice.
///
/// A program is looked for on PATH and started by its words, without a shell.
package struct DesktopBrowser: Browser {
    package init() {}

    package func command(_ named: String?) throws(MSAuthError) -> [String]? {
        if named == "none" { return nil }
        if let named {
            guard let command = DesktopBrowser.words(named) else {
                throw MSAuthError(
                    .unsupported,
                    "The option \"browser\" names a program that is not there: \(named.quotedForMessage).",
                    hint: "Give a command that can be run; none opens nothing, for the address is shown anyway.")
            }
            return command
        }
        // BROWSER is a list of commands.
        let chosen = ProcessEnvironment["BROWSER"]?.split(separator: ":").map(String.init) ?? []
        return (chosen + ["wslview", "xdg-open", "gio open"]).lazy.compactMap { DesktopBrowser.words($0) }.first
    }

    package func open(_ address: String, by command: [String]) -> Bool {
        let words =
            command.contains { $0.contains("%s") }
            ? command.map { $0.replacing("%s", with: address) } : command + [address]
        guard let browser = try? ChildProcess.start(words) else { return false }
        browser.leave()
        return true
    }

    /// The command with the program's whole path; nil when it cannot be run.
    private static func words(_ command: String) -> [String]? {
        let words = command.split(separator: " ").map(String.init)
        guard let first = words.first else { return nil }
        // A path may have a space in it.
        if command.hasPrefix("/"), isProgram(command) { return [command] }
        return path(first).map { [$0] + words.dropFirst() }
    }

    private static func path(_ program: String) -> String? {
        if program.contains("/") { return program.hasPrefix("/") && isProgram(program) ? program : nil }
        // An empty part, or a relative one, would mean the current folder: anything may lie there.
        return (ProcessEnvironment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .filter { $0.hasPrefix("/") }.map { "\($0)/\(program)" }.first(where: isProgram)
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
