import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

/// Foundation has an Operation as well.
private typealias Work<Value: Sendable> = MSAuthSystem.Operation<Value>

@Suite struct OperationTests {
    private static let prompt = Prompt(
        try! DeviceAuthorization(
            HTTPResponse(
                status: 200,
                body: Secret(
                    "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://x\",\"expires_in\":1}"))),
        expiresOn: 1)

    /// Whether the descriptor is readable now.
    private func isReadable(_ descriptor: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&polled, 1, 0) == 1
    }

    private func outcome<Value>(_ progress: Work<Value>.Progress) -> Result<Value, MSAuthError>? {
        if case .ended(let result) = progress { result } else { nil }
    }

    @Test("ends with what its work returns, and answers the same again")
    func ends() throws {
        let operation = try Work<Int>.start { (_, _) throws(MSAuthError) in 7 }
        #expect(try outcome(operation.wait(milliseconds: nil))?.get() == 7)
        #expect(try outcome(operation.wait(milliseconds: 0))?.get() == 7)
    }

    @Test("one that is answered before it begins has no thread to wait for")
    func ended() throws { #expect(try outcome(Work.ended(3).wait(milliseconds: 0))?.get() == 3) }

    @Test("a wait that is too short is pending, and the work goes on")
    func pending() throws {
        let gate = Monitor(false)
        let operation = try Work<Int>.start { (_, _) throws(MSAuthError) in
            _ = gate.wait { $0 ? true : nil }
            return 1
        }
        guard case .pending = operation.wait(milliseconds: 5) else { return #expect(Bool(false)) }
        gate.change { $0 = true }
        #expect(try outcome(operation.wait(milliseconds: nil))?.get() == 1)
    }

    @Test("each prompt is answered once, and the descriptor is readable exactly while there is news")
    func prompts() throws {
        let gate = Monitor(0)
        let operation = try Work<Int>.start { (_, show) throws(MSAuthError) in
            _ = gate.wait { $0 >= 1 ? true : nil }
            show(OperationTests.prompt)
            _ = gate.wait { $0 >= 2 ? true : nil }
            return 1
        }
        let descriptor = operation.descriptor
        #expect(!isReadable(descriptor))
        gate.change { $0 = 1 }
        guard case .prompt = operation.wait(milliseconds: nil) else { return #expect(Bool(false)) }
        #expect(!isReadable(descriptor))
        #expect(operation.prompt?.prompt.fields.contains { $0.name == "user_code" && $0.value == "u" } == true)
        guard case .pending = operation.wait(milliseconds: 0) else { return #expect(Bool(false)) }
        gate.change { $0 = 2 }
        #expect(outcome(operation.wait(milliseconds: nil)) != nil)
        #expect(isReadable(descriptor))
        #expect(operation.descriptor == descriptor)
    }

    @Test("cancelling is answered at once, whatever the work is doing")
    func cancelled() throws {
        let release = Monitor(false)
        let operation = try Work<Int>.start { (_, _) throws(MSAuthError) in
            _ = release.wait { $0 ? true : nil }
            return 1
        }
        operation.cancel()
        guard case .failure(let error)? = outcome(operation.wait(milliseconds: 0)) else { return #expect(Bool(false)) }
        #expect(error.status == .cancelled)
        release.change { $0 = true }
        Thread.sleep(forTimeInterval: 0.02)
        guard case .failure? = outcome(operation.wait(milliseconds: 0)) else { return #expect(Bool(false)) }
    }

    @Test("its thread has every signal blocked but the faults, and a mebibyte of stack")
    func thread() throws {
        let operation = try Work<String>.start { (_, _) throws(MSAuthError) in
            (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
        }
        let status = try #require(try outcome(operation.wait(milliseconds: nil))?.get())
        let blocked = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") })
        let mask = try #require(
            UInt64(blocked.dropFirst("SigBlk:".count).trimmingCharacters(in: .whitespaces), radix: 16))
        for signal in [SIGTERM, SIGINT, SIGPIPE, SIGUSR1, SIGCHLD, SIGALRM] { #expect(mask & (1 << (signal - 1)) != 0) }
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT] { #expect(mask & (1 << (signal - 1)) == 0) }
    }
}
