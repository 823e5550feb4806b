internal import CLinux
internal import Glibc

/// The variables of this process, read when they are asked for.
enum ProcessEnvironment {
    static subscript(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether this program runs with more rights than the one who called it (setuid, capabilities): then nothing
    /// that the caller controls may be believed, and a library cannot know what that is.
    static var isElevated: Bool { getauxval(UInt(AT_SECURE)) != 0 }
}
