/// The page that a browser is shown on a port of ours: plain, without a script and without anything from elsewhere.
package struct LoopbackAnswer: Error, Sendable {
    package let status: Int
    /// Nothing more is waited for.
    package let isLast: Bool
    private let title: String
    private let sentence: String

    static let signedIn = LoopbackAnswer(
        status: 200, isLast: true, title: "You can close this page",
        sentence: "The sign-in page has answered. Go back to the program that you came from: it goes on by itself.")

    static func notSignedIn(_ reason: String, _ hint: String?) -> LoopbackAnswer {
        LoopbackAnswer(
            status: 200, isLast: true, title: "You are not signed in",
            sentence: [reason, hint, "You can close this page."].compactMap { $0 }.joined(separator: " "))
    }

    /// An answer after which the sign-in goes on waiting.
    package static func refusal(_ status: Int, _ sentence: String) -> LoopbackAnswer {
        LoopbackAnswer(status: status, isLast: false, title: "Not here", sentence: sentence)
    }

    /// HTML that says the same to every reader, also one that is heard.
    package var page: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>\(LoopbackAnswer.escape(title))</title>
        <style>
        :root { color-scheme: light dark }
        body { max-width: 40em; margin: 15vh auto; padding: 0 1em; font: 1.1em/1.5 system-ui, sans-serif }
        </style>
        </head>
        <body>
        <main>
        <h1>\(LoopbackAnswer.escape(title))</h1>
        <p>\(LoopbackAnswer.escape(sentence))</p>
        </main>
        </body>
        </html>

        """
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
