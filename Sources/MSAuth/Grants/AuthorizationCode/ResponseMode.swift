/// How the authorize endpoint answers: OAuth 2.0 Multiple Response Type Encoding Practices, and Form Post Response Mode.
package enum ResponseMode: String, CaseIterable, Sendable {
    case query
    case formPost = "form_post"
}
