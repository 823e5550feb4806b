/// What this is.
package enum Library {
    /// MAJOR.MINOR.PATCH; `Makefile`, packages and bindings read it from here.
    package static let version = "0.1.0"
}
