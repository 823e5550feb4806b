import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct RequestQueueTests {
    @Test("never more than there are places, and everybody has a turn")
    func places() {
        let queue = RequestQueue(places: 3)
        let inside = Lock((now: 0, most: 0, turns: 0))
        DispatchQueue.concurrentPerform(iterations: 200) { _ in
            guard queue.enter(atMost: nil, Cancellation()) else { return }
            inside.withLock { inside in
                inside.now += 1
                inside.most = max(inside.most, inside.now)
                inside.turns += 1
            }
            usleep(100)
            inside.withLock { $0.now -= 1 }
            queue.leave()
        }
        #expect(inside.withLock { $0.turns } == 200)
        #expect(inside.withLock { $0.most } <= 3)
        #expect(queue.enter(atMost: 0, Cancellation()))
    }

    @Test("who waits too long, or is cancelled, leaves the line, and the next one has the turn")
    func leaving() {
        let queue = RequestQueue(places: 1)
        #expect(queue.enter(atMost: nil, Cancellation()))
        #expect(!queue.enter(atMost: 0.01, Cancellation()))
        let cancellation = Cancellation()
        soon { cancellation.cancel() }
        #expect(!queue.enter(atMost: nil, cancellation))
        soon { queue.leave() }
        #expect(queue.enter(atMost: 60, Cancellation()))
        queue.leave()
        #expect(queue.enter(atMost: 0, Cancellation()))
        #expect(!queue.enter(atMost: 0, Cancellation()))
    }

    @Test("a line that never ends does not grow for ever, and stays in its order")
    func longLine() {
        let queue = RequestQueue(places: 1)
        #expect(queue.enter(atMost: nil, Cancellation()))
        // Three thousand who gave up stand before one who did not.
        for _ in 0..<3000 { #expect(!queue.enter(atMost: 0, Cancellation())) }
        soon { queue.leave() }
        #expect(queue.enter(atMost: 60, Cancellation()))
    }
}
