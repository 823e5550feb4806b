extension MSAuthError {
    /// The service has seen the password, and only a person can change its answer.
    var refusesPassword: Bool {
        switch status {
        // The application's own secret is another matter.
        case .badCredential: service?.errorCode != "invalid_client"
        case .account, .interactionRequired, .denied: true
        // A fault of a federation server. What has no error in it may be a proxy's.
        case .rejected: service?.errorCode != nil
        default: false
        }
    }

    /// A refresh token was refused for a reason that a password does not remove, and is not over: a second factor, a
    /// device, a place or a consent is asked for.
    var demandsMore: Bool {
        guard let service else { return false }
        if let number = service.aadsts, MSAuthError.demands.contains(number) { return true }
        if let suberror = service.suberror, MSAuthError.suberrors.contains(suberror) { return true }
        return ["interaction_required", "consent_required"].contains(service.errorCode)
    }

    private static let demands: Set<Int> = [
        50005, 50072, 50074, 50076, 50078, 50079, 50097, 50129, 50131, 50155, 50158, 50187, 500121, 53000, 53001, 53002,
        53003, 53004, 530003, 530032, 530034, 530035, 65001, 65004, 90094, 90095,
    ]

    private static let suberrors: Set<String> = [
        "basic_action", "additional_action", "message_only", "consent_required", "protection_policy_required",
    ]
}
