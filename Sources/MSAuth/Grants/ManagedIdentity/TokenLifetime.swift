/// How long a platform's token is good: `expires_in`, or `expires_on` in one of the forms that were seen.
///
/// A lifetime counts before a date: it needs no clock that agrees with the platform's.
enum TokenLifetime {
    static func seconds(_ response: HTTPResponse, now: Int) throws(MSAuthError) -> Int {
        let json = JSON(response.body)
        let found = json?["expires_in"]?.integer ?? json?["expires_on"].flatMap { seconds(until: $0, now: now) }
        guard let found else {
            throw MSAuthError(.untrusted, "The platform's answer does not say in a known form when the token expires.")
        }
        return min(max(found, 0), 90 * 86400)
    }

    private static func seconds(until value: JSON, now: Int) -> Int? {
        guard let number = value.integer ?? value.string.flatMap(epoch) else { return nil }
        // Before 2001 there was no such service: the number is a lifetime.
        if number < 978_307_200 { return number }
        let (seconds, overflow) = number.subtractingReportingOverflow(now)
        return overflow ? nil : seconds
    }

    /// `2026-01-31T05:24:12Z` (ISO 8601, UTC), `01/31/2026 05:24:12 +00:00` and `1/31/2026 5:24:12 AM +00:00`.
    private static func epoch(_ text: String) -> Int? {
        guard text.utf8.count <= 64, let rest = withoutZone(text) else { return nil }
        let isAmerican = rest.contains("/")
        let numbers = rest.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
        guard (6...7).contains(numbers.count) else { return nil }
        let (year, month, day) =
            isAmerican ? (numbers[2], numbers[0], numbers[1]) : (numbers[0], numbers[1], numbers[2])
        var hour = numbers[3]
        if rest.hasSuffix("M") {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (rest.hasSuffix("PM") ? 12 : 0)
        }
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(numbers[4]), (0...60).contains(numbers[5])
        else { return nil }
        return days(year, month, day) * 86400 + hour * 3600 + numbers[4] * 60 + numbers[5]
    }

    private static func withoutZone(_ text: String) -> String? {
        for zone in ["Z", " +00:00", "+00:00"] where text.hasSuffix(zone) { return String(text.dropLast(zone.count)) }
        return nil
    }

    /// Days since 1970 in the Gregorian calendar, by years that begin in March: the leap day is then the last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = (year / 400, year % 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
