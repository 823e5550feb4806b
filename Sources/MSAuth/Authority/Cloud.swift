/// A Microsoft cloud. The others follow with the services that live in them.
package enum Cloud: String, CaseIterable, Sendable {
    case `public`

    package var host: String {
        switch self {
        case .public: "login.microsoftonline.com"
        }
    }
}
