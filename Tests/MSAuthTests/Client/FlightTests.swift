import Foundation
import Testing

@testable import MSAuth

@Suite struct FlightTests {
    @Test("a hundred threads that ask for one token cause one request")
    func shared() throws {
        let world = Fixture()
        let client = Client(try Fixture.secretOptions, world.environment)
        world.transport.expect { _ in
            Thread.sleep(forTimeInterval: 0.05)
            return .success(HTTPResponse(status: 200, body: Secret(Answers.token("shared"))))
        }
        let tokens = Collected<String>()
        DispatchQueue.concurrentPerform(iterations: 100) { _ in
            if let answer = try? client.acquire(nil, Options(), world.run()) {
                tokens.append(answer.token.accessToken.text())
            }
        }
        #expect(tokens.all == Array(repeating: "shared", count: 100))
        #expect(world.transport.requests.count == 1)
    }

    @Test("one who is cancelled does not take the others down")
    func cancelled() throws {
        let world = Fixture()
        for reason in [MSAuthError.cancelled, .timedOut, .invalidArgument("no secret")] {
            let flight = Flight()
            flight.land(.failure(reason))
            #expect(try flight.wait(world.run()) == nil)
        }
        let flight = Flight()
        flight.land(.failure(MSAuthError(.network, "down")))
        #expect(status { _ = try flight.wait(world.run()) } == .network)
        let run = world.run()
        run.cancellation.cancel()
        #expect(status { _ = try Flight().wait(run) } == .cancelled)
    }

    @Test("one who waits for another's request keeps to a time limit of its own")
    func timeLimit() throws {
        let options = try Fixture.options([.timeout: "1"])
        #expect(status { _ = try Flight().wait(Fixture().run(options)) } == .expired)
    }

    @Test("turns are taken one by one, and a cancelled waiter leaves")
    func turns() throws {
        let turns = Turns()
        let name = try ConnectionName("a")
        var lease: (any Lease)? = try turns.acquire(name, atMost: nil, Cancellation())
        let cancellation = Cancellation()
        soon { cancellation.cancel() }
        #expect(status { _ = try turns.acquire(name, atMost: nil, cancellation) } == .cancelled)
        #expect(status { _ = try turns.acquire(name, atMost: 0.01, Cancellation()) } == .storeBusy)
        lease = nil
        _ = try turns.acquire(name, atMost: nil, Cancellation())
        #expect(lease == nil)
    }

    @Test("who waits for a connection until the call's own limit is told so, not that the store is busy")
    func callLimit() throws {
        let world = Fixture()
        let client = try world.client()
        let options = try Fixture.options([.timeout: "1"])
        let lease = try client.lease(nil, world.run())
        let run = world.run(options)
        // The wait takes no time by the fixture's clock.
        soon { world.clock.advance(1) }
        #expect(status { _ = try client.lease(nil, run) } == .expired)
        withExtendedLifetime(lease) {}
    }
}
