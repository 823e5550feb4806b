import Testing

@testable import MSAuth

/// What each of Entra's error numbers means, written down a second time: the table of the library must agree.
@Suite struct ErrorTaxonomyTests {
    private static let meanings: [(Status, [Int])] = [
        // The service is failing.
        (
            .service, [50033, 50087, 50088, 50166, 70012, 80002, 80005, 90006, 90012, 90024, 90033, 90036, 90090]
        ),
        (.throttled, [50196, 90055]),
        // Only the user can continue: in general, by another factor, past a policy, by consent, with a new password, again.
        (
            .interactionRequired,
            [50058, 50132, 50133, 50140, 50199, 51005, 16000, 16001, 16002, 16003, 700020, 50125]
        ),
        (.interactionRequired, [50072, 50074, 50076, 50078, 50079, 50158, 500121]),
        (
            .interactionRequired,
            [
                50005, 50097, 50129, 50131, 50155, 50187, 53000, 53001, 53002, 53003, 53004, 530003, 530032, 530034,
                530035,
            ]
        ),
        (.interactionRequired, [65001, 90094, 90095]),
        (.denied, [65004]),
        (.configuration, [65005, 650052, 650056, 650057]),
        (.interactionRequired, [50055, 50144, 50135]),
        (.interactionRequired, [700082, 700084, 70008, 70043, 70044, 50089, 54005, 70000, 50173]),
        // The user's password, and the account.
        (.badCredential, [50126, 50056]),
        (.account, [50053, 50034, 50057, 50020, 90072, 51004, 50105]),
        // The application's proof.
        (
            .badCredential,
            [7_000_215, 7_000_222, 700027, 700024, 70002, 50012, 50013, 700229]
        ),
        (.configuration, [7_000_218, 700025, 7_000_112]),
        (.badCredential, [70021, 700211, 700212, 700213, 7_002_137, 7_002_138]),
        (.assertionRequired, [500133, 500131]),
        (.configuration, [7_000_114, 7_000_229]),
        // What is set up.
        (
            .configuration,
            [
                700016, 70001, 700022, 700023, 900144, 9_002_313, 901002, 90009, 90008, 90124, 9_001_023, 500011,
                500014,
                50001, 70011, 650053, 100007,
            ]
        ),
        (.denied, [500021, 500022]),
        (.configuration, [50011, 900971, 50147, 501481, 501491]),
        (
            .configuration,
            [90002, 900023, 90051, 90038, 900382, 900432, 90130, 50049, 50059, 50128, 90019, 50194]
        ),
        // A code that is entered elsewhere.
        (.interactionRequired, [70016]),
        (.expired, [70019, 70020]),
        (.rejected, [70018, 90119, 90120]),
    ]

    private static func isSentence(_ text: String) -> Bool { text.hasSuffix(".") || text.hasSuffix("?") }

    private func error(_ body: String, http: Int = 400) -> MSAuthError {
        ServiceError(HTTPResponse(status: http, body: Secret(body)), secrets: []).error
    }

    @Test("every number has its status, and a hint that says what to do", arguments: meanings)
    func numbers(_ expected: Status, _ numbers: [Int]) {
        for number in numbers {
            // In the list of codes, and in the text alone.
            for more in ["\"error_codes\":[\(number)]", "\"error_description\":\"AADSTS\(number): so it is.\""] {
                let failure = error("{\"error\":\"invalid_grant\",\(more)}")
                #expect(failure.status == expected, "AADSTS\(number)")
                #expect(failure.service?.aadsts == number)
                #expect(failure.hint.map(ErrorTaxonomyTests.isSentence) == true, "AADSTS\(number)")
            }
            // The word that the service sends beside it may be new.
            #expect(error("{\"error\":\"new_word\",\"error_codes\":[\(number)]}").status == expected)
        }
    }

    @Test("the library's table has no number that is not written down here, but for those of the next")
    func complete() {
        let here = Set(ErrorTaxonomyTests.meanings.flatMap(\.1))
        let more: Set = [50008, 50107, 70003, 700051, 700054, 1_002_012]
        #expect(Set(AADSTS.table.keys) == here.union(more))
        for number in more { #expect(AADSTS.table[number]?.status == .configuration) }
        #expect(AADSTS.table.values.allSatisfy { ErrorTaxonomyTests.isSentence($0.hint) })
    }

    @Test(
        "a number that nobody knows leaves the word to decide",
        arguments: [
            ("temporarily_unavailable", Status.service), ("server_error", .service),
            ("interaction_required", .interactionRequired), ("login_required", .interactionRequired),
            ("consent_required", .interactionRequired), ("invalid_grant", .interactionRequired),
            ("invalid_client", .badCredential), ("unauthorized_client", .configuration),
            ("invalid_request", .configuration), ("invalid_scope", .configuration),
            ("invalid_resource", .configuration), ("unsupported_grant_type", .configuration),
            ("unsupported_response_type", .configuration), ("invalid_tenant", .configuration),
            ("invalid_instance", .configuration), ("authorization_pending", .interactionRequired),
            ("slow_down", .interactionRequired), ("expired_token", .expired), ("code_expired", .expired),
            ("bad_verification_code", .rejected), ("access_denied", .denied), ("authorization_declined", .denied),
            ("permission_denied", .denied),
        ])
    func words(_ word: String, _ expected: Status) {
        let failure = error("{\"error\":\"\(word)\",\"error_codes\":[199999999]}")
        #expect(failure.status == expected)
        #expect(failure.hint.map(ErrorTaxonomyTests.isSentence) == true)
    }

    @Test(
        "under invalid_grant, and under a word that nobody knows, the suberror decides",
        arguments: [
            ("basic_action", Status.interactionRequired), ("additional_action", .interactionRequired),
            ("message_only", .interactionRequired), ("consent_required", .interactionRequired),
            ("user_password_expired", .interactionRequired), ("bad_token", .interactionRequired),
            ("token_expired", .interactionRequired), ("device_authentication_failed", .interactionRequired),
            ("client_mismatch", .configuration), ("protection_policy_required", .configuration),
        ])
    func suberrors(_ suberror: String, _ expected: Status) {
        var hints: Set<String> = []
        for word in ["invalid_grant", "interaction_required", "new_word"] {
            let failure = error("{\"error\":\"\(word)\",\"suberror\":\"\(suberror)\",\"error_codes\":[199999999]}")
            #expect(failure.status == expected)
            hints.insert(failure.hint ?? "")
        }
        #expect(hints.count == 1 && hints.allSatisfy(ErrorTaxonomyTests.isSentence))
    }

    @Test("a number counts more than a suberror, and a word that is no matter of the user more than both")
    func precedence() {
        #expect(
            error("{\"error\":\"invalid_grant\",\"suberror\":\"client_mismatch\",\"error_codes\":[50057]}").status
                == .account)
        #expect(error("{\"error\":\"invalid_client\",\"suberror\":\"bad_token\"}").status == .badCredential)
        #expect(error("{\"error\":\"invalid_grant\",\"error_codes\":[50057]}", http: 429).status == .throttled)
    }

    @Test(
        "claims are a challenge, whatever the word", arguments: ["invalid_grant", "interaction_required", "new_word"])
    func claims(_ word: String) {
        let failure = error("{\"error\":\"\(word)\",\"claims\":\"{}\"}")
        #expect(failure.status == .interactionRequired && failure.hint == AADSTS.challenge)
        let basic = error("{\"error\":\"\(word)\",\"claims\":\"{}\",\"suberror\":\"basic_action\"}")
        #expect(basic.hint == AADSTS.challenge)
    }
}
