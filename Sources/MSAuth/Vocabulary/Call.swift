/// The calls that take options.
package enum Call: String, CaseIterable, Sendable {
    case client, connect, resume, acquire, disconnect, list

    package var help: String {
        switch self {
        case .client: "makes a client: transport, store, and defaults for the other calls"
        case .connect: "signs in and keeps the connection"
        case .resume: "finishes a sign-in that is pending"
        case .acquire: "gets a token, never asks the user"
        case .disconnect: "forgets a connection"
        case .list: "lists connections"
        }
    }
}
