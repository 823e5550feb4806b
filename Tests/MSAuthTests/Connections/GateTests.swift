import Testing

@testable import MSAuth

@Suite struct GateTests {
    private func identity(_ id: String = "id-1") throws -> ClientIdentity {
        try ClientIdentity(
            Settings(call: Fixture.options([.brokerID: id, .brokerApp: "app"]), client: Options()), .tokenBroker)
    }

    private func refusal(retryAfter: Int? = nil, httpStatus: Int? = 400) -> MSAuthError {
        var service = ServiceFailure()
        service.httpStatus = httpStatus
        service.retryAfter = retryAfter
        return MSAuthError(.rejected, "no", service: service)
    }

    @Test("closes for 2, 4, 8, 16, 32 and then always 64 seconds")
    func sequence() throws {
        var record = Record()
        var now = 1000
        var pauses: [Int?] = []
        for _ in 0..<8 {
            try pauses.append(record.closeGate(after: refusal(), identity(), now: now).error.service?.retryAfter)
            let last = now + (pauses.last.flatMap { $0 } ?? 0) - 1
            #expect(status { try record.checkGate(identity(), now: last) } == .throttled)
            now = last + 1
            #expect(status { try record.checkGate(identity(), now: now) } == nil)
        }
        #expect(pauses == [2, 4, 8, 16, 32, 64, 64, 64])
    }

    @Test("Retry-After counts when it is longer, and not when it is shorter")
    func retryAfter() throws {
        var record = Record()
        _ = try record.closeGate(after: refusal(retryAfter: 30), identity(), now: 1000)
        #expect(record.gate?.nextRequestTime == 1030)
        _ = try record.closeGate(after: refusal(retryAfter: 1), identity(), now: 1030)
        #expect(record.gate?.nextRequestTime == 1034)
    }

    @Test("neither a network that is down nor an answer without a refusal closes it")
    func otherFailures() throws {
        var record = Record()
        for error in [MSAuthError(.network, "down"), MSAuthError(.untrusted, "odd"), refusal(httpStatus: 302)] {
            #expect(try !record.closeGate(after: error, identity(), now: 1000).isClosed)
        }
        #expect(record.gate == nil)
    }

    @Test("is about one registration alone")
    func others() throws {
        var record = Record()
        _ = try record.closeGate(after: refusal(), identity(), now: 1000)
        #expect(status { try record.checkGate(identity(), now: 1001) } == .throttled)
        #expect(status { try record.checkGate(identity("id-2"), now: 1001) } == nil)
        #expect(status { try record.checkGate(identity("id-1@https://other.example/t"), now: 1001) } == nil)
        _ = try record.closeGate(after: refusal(), identity("id-2"), now: 1001)
        #expect(record.gate?.refusals == 1)
    }

    @Test("is open before its own beginning, for then a clock was wrong")
    func clockSetBack() throws {
        var record = Record()
        _ = try record.closeGate(after: refusal(retryAfter: 3600), identity(), now: 1000)
        #expect(status { try record.checkGate(identity(), now: 999) } == nil)
    }

    @Test("a record that holds nonsense bounds it", arguments: [-1, 7, 1 << 40])
    func hostile(_ refusals: Int) {
        let gate = Gate(registration: "r", refusals: refusals, refusedOn: 0, nextRequestTime: 0)
        #expect((0...6).contains(gate.refusals))
    }
}
