internal import Glibc
internal import MSAuth

/// Descriptors that a forked child must not go on holding: locks and ports. It closes its copies, and never unlocks:
/// that would free the parent's lock.
enum HeldDescriptors {
    private static let held = Lock<Set<Int32>>([])
    private static let closeInChild: Void = ForkGate.runInChild { HeldDescriptors.closeAll() }

    static func remember(_ descriptor: Int32) {
        closeInChild
        held.withLock { _ = $0.insert(descriptor) }
    }

    /// False in a forked child, where it was closed on fork.
    static func forget(_ descriptor: Int32) -> Bool { held.withLock { $0.remove(descriptor) != nil } }

    /// No lock is held at a fork (`ForkGate`), and a set that is only read and emptied allocates nothing.
    private static func closeAll() {
        held.withLock { descriptors in
            for descriptor in descriptors { close(descriptor) }
            descriptors.removeAll(keepingCapacity: true)
        }
    }
}
