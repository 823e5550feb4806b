internal import Glibc
internal import MSAuth

/// A terminal whose echo can be switched off while something secret is typed.
@safe struct Terminal: ~Copyable {
    private let descriptor: Int32
    private let before: termios

    /// nil: no terminal.
    init?(_ descriptor: Int32) {
        var attributes = termios()
        guard unsafe tcgetattr(descriptor, &attributes) == 0 else { return nil }
        self.descriptor = descriptor
        before = attributes
        attributes.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(descriptor, TCSAFLUSH, &attributes)
    }

    /// With the echo again, on a line of its own: the newline that was typed was not shown either.
    deinit {
        var attributes = before
        unsafe tcsetattr(descriptor, TCSAFLUSH, &attributes)
        _ = unsafe write(descriptor, "\n", 1)
    }

    /// In bold where stderr is a terminal that can.
    static func emphasised(_ text: String) -> String {
        guard isatty(STDERR_FILENO) == 1, let name = unsafe getenv("TERM"), unsafe strcmp(name, "dumb") != 0 else {
            return text
        }
        return "\u{1B}[1m\(text)\u{1B}[0m"
    }
}
