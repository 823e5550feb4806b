/// What Entra's error numbers mean for a caller, and what to do about them.
///
/// learn.microsoft.com/entra/identity-platform/reference-error-codes
package enum AADSTS {
    package struct Meaning: Sendable {
        package let status: Status
        package let hint: String
    }

    /// `AADSTS70016` in a text; answers without `error_codes` have it only there.
    package static func number(in text: String) -> Int? {
        guard let start = text.firstRange(of: "AADSTS")?.upperBound else { return nil }
        return Int(text[start...].prefix { $0.isNumber }.prefix(9))
    }

    static let signInAgain = "Only the user can continue: connect again."
    static let codeNotEntered = "The user has not entered the code yet: wait, or resume later."
    static let challenge = "Connect again, with the error's \"claims\" as the option \"claims\"."
    static let tryLater = "The service is failing for now: try again in a minute."
    static let consent =
        "The user or an administrator must consent to what the application asks for: connect again, or ask an administrator."
    static let passwordExpired = "The user's password must be changed in a browser first."
    static let sessionOver = "The sign-in is over: connect again."

    package static let table: [Int: Meaning] = {
        var table: [Int: Meaning] = [:]
        for (status, numbers, hint) in rows {
            for number in numbers { table[number] = Meaning(status: status, hint: hint) }
        }
        return table
    }()

    private static let rows: [(Status, [Int], String)] = [
        (
            .service, [50033, 90006, 90012, 90024, 90033, 90036, 90090, 50087, 50088, 80002, 80005, 50166, 70012],
            tryLater
        ),
        (
            .throttled, [50196],
            "The program asked for the same token over and over: keep the token, and ask less often."
        ),
        (.throttled, [90055], "Too many requests: wait a minute and ask less often."),

        (
            .interactionRequired,
            [50058, 50132, 50133, 50140, 50199, 51005, 16000, 16001, 16002, 16003, 700020, 50125], signInAgain
        ),
        (
            .interactionRequired, [50072, 50074, 50076, 50078, 50079, 50158, 500121],
            "Multi-factor authentication is required: connect again with a grant that the user can answer, such as device_code."
        ),
        (
            .interactionRequired,
            [
                50005, 50097, 50129, 50131, 50155, 50187, 53000, 53001, 53002, 53003, 53004, 530003, 530032, 530034,
                530035,
            ],
            "A conditional access policy blocks this sign-in: ask the administrator which device or place it allows."
        ),
        (.interactionRequired, [65001, 90094, 90095], consent),
        (.denied, [65004], "The user declined to consent: connect again and accept, or ask for less."),
        (
            .configuration, [65005, 650052, 650056, 650057],
            "The application's registration lacks a permission that the scopes need: add it, and consent to it."
        ),
        (.interactionRequired, [50055, 50144, 50135], passwordExpired),
        (.interactionRequired, [700082, 700084, 70008, 50089, 70000], sessionOver),
        (.interactionRequired, [50173], "The user's sign-ins were revoked or the password changed: connect again."),
        (.interactionRequired, [70043, 70044], "A policy limits how long a sign-in lasts: connect again."),
        (.interactionRequired, [54005], "The code was used already: connect again."),

        (.badCredential, [50126, 50056], "Check the user name and the password."),
        (
            .configuration, [50008, 50107],
            "Entra does not take what the federation server says: ask the administrator of the user's domain."
        ),
        (
            .account, [50053],
            "The account is locked for now after too many tries, or the address is blocked: wait, or ask the administrator."
        ),
        (
            .account, [50034, 51004],
            "The account is not in this tenant: check the user name and the option \"tenant\"."
        ),
        (.account, [50057], "The account is disabled: ask the administrator."),
        (
            .account, [50020, 90072],
            "The account is of another tenant: it must be invited to this one as a guest first."
        ),
        (.account, [50105], "The account is not assigned to the application: ask the administrator."),

        (.badCredential, [7000215, 70002], "The secret is wrong: give the secret's value, not its ID."),
        (.badCredential, [7000222], "The secret has expired: make a new one in the application's registration."),
        (
            .configuration, [7000218],
            "The application is confidential and must prove itself: use a secret or certificate, or allow public client flows in its registration."
        ),
        (
            .configuration, [700025],
            "The application is public: leave the secret away, or register it as a confidential one."
        ),
        (
            .badCredential, [700027, 50012, 50013, 700229],
            "The certificate or assertion is not one that the application's registration knows."
        ),
        (
            .badCredential, [700024],
            "The assertion is outside its time: is it an old one, or this machine's clock wrong?"
        ),
        (.configuration, [7000112], "The application is disabled: ask the administrator."),
        (
            .badCredential, [70021, 700211, 700212, 700213, 7002137, 7002138],
            "No federated credential of the application matches the assertion: compare issuer, audience and subject, letter by letter."
        ),
        (.assertionRequired, [500133, 500131], "Ask the caller for a new token, and call again with it."),
        (.configuration, [7000114], "The application may not act on behalf of users."),
        (
            .configuration, [7000229],
            "Nobody in this tenant has consented to the application: an administrator must, see \"admin_consent\"."
        ),

        (.configuration, [700016, 70001], "No such application in this tenant: check \"client_id\" and \"tenant\"."),
        (
            .configuration, [700022, 700023, 70011, 650053, 1002012],
            "Check \"scopes\" and \"resource\"; a daemon's scope is one RESOURCE/.default."
        ),
        (
            .configuration, [500011, 500014, 50001],
            "The resource is unknown to or disabled in this tenant: check \"resource\" or \"scopes\"."
        ),
        (
            .configuration, [900144, 9002313, 901002, 90008, 90124, 9001023],
            "The service misses or refuses a parameter: check the options."
        ),
        (.configuration, [90009], "The application asks for a token for itself: use its GUID in the scope."),
        (.denied, [500021, 500022], "This network may not reach that tenant (tenant restrictions)."),
        (.configuration, [100007], "The regional endpoint does not serve this tenant."),
        (.configuration, [70003, 700054, 700051], "The application's registration does not allow this grant."),
        (
            .configuration, [50011, 900971, 50147, 501481, 501491],
            "The redirect address or the PKCE verifier does not match what the application registered or sent first."
        ),
        (
            .configuration, [90002, 900023, 90051, 90130, 50049, 50059, 50128, 90019],
            "No such tenant: check the option \"tenant\"; it takes a GUID or a domain."
        ),
        (.configuration, [90038, 900382, 900432], "The tenant lives in another national cloud."),
        (.configuration, [50194], "The application serves one tenant only: give that one as \"tenant\"."),

        (.interactionRequired, [70016], codeNotEntered),
        (.expired, [70019, 70020], "The code was not entered in time: sign in again for a new one."),
        (.rejected, [70018, 90119, 90120], "The code is unknown to the service: sign in again."),
    ]
}
