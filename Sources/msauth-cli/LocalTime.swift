internal import Glibc

/// A moment as a person reads it: the clock on the wall, and how far away it is.
struct LocalTime {
    private let time: Int
    private let now: Int

    init(_ time: Int, now: Int) {
        self.time = time
        self.now = now
    }

    /// `2026-07-26 14:03 (in 58 min)`
    var text: String {
        let distance = time - now
        let away = distance >= 0 ? "in \(LocalTime.duration(distance))" : "\(LocalTime.duration(-distance)) ago"
        return "\(clock) (\(away))"
    }

    static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86400) days"
        }
    }

    private var clock: String {
        var time = self.time
        var parts = unsafe tm()
        var buffer = [CChar](repeating: 0, count: 32)
        guard unsafe localtime_r(&time, &parts) != nil else { return String(self.time) }
        let count = unsafe strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
