import Foundation

/// Something that happens while a test waits, on a thread of its own: the shared ones may all be busy with other tests.
func soon(_ body: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 0.02)
        body()
    }
}
