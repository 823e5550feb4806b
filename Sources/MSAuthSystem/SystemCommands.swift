internal import CLinux
internal import Glibc
package import MSAuth

/// Programs that are run for what they print.
package struct SystemCommands: Commands {
    package init() {}

    package func output(
        of words: [String], limit: Int, seconds: Double, _ cancellation: Cancellation
    ) throws(CommandFailure) -> Secret {
        let run = try CommandRun(limit: limit, seconds: seconds)
        return try run.output(of: words, cancellation)
    }
}

/// One program, from its start to its end. Used by one thread; only the wake-up comes from others.
private final class CommandRun: Sendable {
    private let reading: Int32
    private let writing: Int32
    private let wakeUp: Int32
    private let limit: Int
    private let deadline: Double
    private let clock = SystemClock()

    init(limit: Int, seconds: Double) throws(CommandFailure) {
        self.limit = limit
        deadline = clock.boot + seconds
        var ends: [Int32] = [-1, -1]
        guard unsafe clinux_pipe(&ends) == 0 else { throw .exhausted }
        (reading, writing) = (ends[0], ends[1])
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else {
            close(reading)
            close(writing)
            throw .exhausted
        }
        HeldDescriptors.remember(reading)
        HeldDescriptors.remember(wakeUp)
    }

    deinit {
        for descriptor in [reading, wakeUp] where HeldDescriptors.forget(descriptor) { close(descriptor) }
    }

    func output(of words: [String], _ cancellation: Cancellation) throws(CommandFailure) -> Secret {
        let started: Result<ChildProcess, ChildProcess.Refusal>
        do throws(ChildProcess.Refusal) {
            started = .success(try ChildProcess.start(words, output: writing))
        } catch {
            started = .failure(error)
        }
        // Its end is the only one that is left: when it closes it, there is no more to read.
        close(writing)
        switch started {
        case .failure(let refusal): throw .notStarted(Errno.sentence(refusal.number))
        case .success(let child):
            return try cancellation.interrupting(by: { [self] in wake() }) { () throws(CommandFailure) in
                try follow(child, cancellation)
            }
        }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = unsafe write(wakeUp, &one, 8)
    }

    private func follow(_ child: ChildProcess, _ cancellation: Cancellation) throws(CommandFailure) -> Secret {
        let ending = child.descriptor()
        if let ending { HeldDescriptors.remember(ending) }
        defer { if let ending, HeldDescriptors.forget(ending) { close(ending) } }
        var printed = SecretText(capacity: limit + 1)
        var count = 0
        var isOpen = true
        while true {
            // Before it is read to the end: what an ended program has printed is all there.
            let state = child.look()
            while isOpen {
                switch read(into: &printed) {
                case .some(0): isOpen = false
                case .some(let more):
                    count += more
                    if count > limit {
                        if state == .running { end(child, ending) }
                        throw .tooMuch
                    }
                    continue
                case nil: break
                }
                break
            }
            if case .ended(let how) = state {
                // Nobody told us how: then what it printed must speak for it.
                guard how == "status 0" || how == nil && count > 0 else {
                    throw .failed(how ?? "a status that this process ignores (SIGCHLD)")
                }
                return printed.finish()
            }
            let left = deadline - clock.boot
            guard left > 0, !cancellation.isCancelled else {
                end(child, ending)
                throw .tookTooLong
            }
            wait(for: (isOpen ? [reading] : []) + [wakeUp] + (ending.map { [$0] } ?? []), left, isTold: ending != nil)
        }
    }

    /// It ends at once, unless the kernel holds it: then somebody looks later.
    private func end(_ child: ChildProcess, _ ending: Int32?) {
        child.kill()
        let patience = clock.boot + 1
        while child.look() == .running {
            guard clock.boot < patience else { return child.leave() }
            wait(for: ending.map { [$0] } ?? [], 0.1, isTold: ending != nil)
        }
    }

    /// Without a descriptor that tells of its end somebody has to look.
    private func wait(for descriptors: [Int32], _ seconds: Double, isTold: Bool) {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let limit = Int32(min(seconds, isTold ? 60 : 0.02) * 1000) + 1
        _ = ForkGate.waiting { unsafe poll(&polled, nfds_t(polled.count), limit) }
    }

    /// How much there was; 0 at the end, nil where there is nothing now.
    private func read(into text: inout SecretText) -> Int? {
        let size = 4096
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
        defer {
            if let start = buffer.baseAddress { unsafe explicit_bzero(start, size) }
            unsafe buffer.deallocate()
        }
        while true {
            let count = unsafe Glibc.read(reading, buffer.baseAddress, size)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return errno == EAGAIN ? nil : 0 }
            unsafe text.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return count
        }
    }
}
