/// The pace of polling for a device code, RFC 8628 section 3.5, which all processes that poll for one code share.
struct DevicePoll {
    /// Seconds between two polls; `slow_down` raises it for good.
    private(set) var interval: Int
    /// Longer and longer while no answer arrives, gone with the next that does.
    private var backoff = 0
    /// The last poll that this process made: it sleeps exactly since then.
    private var ownPoll: Int?

    init(_ pending: PendingDeviceCode) { interval = pending.interval }

    /// How long to leave the service alone, because another process has just polled; nil: not at all.
    mutating func pause(_ pending: PendingDeviceCode, now: Int) -> Int? {
        interval = max(interval, pending.interval)
        guard let polledOn = pending.polledOn, polledOn != ownPoll, polledOn <= now else { return nil }
        // Its clock was read in whole seconds: one more, so as not to come early.
        let due = polledOn + interval + 1
        return now < due ? due - now : nil
    }

    /// How long to wait after a poll that brought no tokens; nil when it was the last.
    mutating func pause(after error: MSAuthError, polledOn: Int) -> Int? {
        switch (error.service?.errorCode, error.status) {
        case ("authorization_pending", _):
            backoff = 0
        case ("slow_down", _):
            interval += 5
            backoff = 0
        case (_, .network), (_, .service), (_, .throttled):
            // "Unilaterally reduce the polling frequency": twice as long each time, up to a minute.
            backoff = min(max(backoff, interval) * 2, max(interval, 60))
            return max(backoff, min(error.service?.retryAfter ?? 0, 300))
        default: return nil
        }
        ownPoll = polledOn
        return interval
    }
}
