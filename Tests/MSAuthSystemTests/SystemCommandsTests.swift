import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct SystemCommandsTests {
    private func run(
        _ script: String, seconds: Double = 20, _ cancellation: Cancellation = Cancellation()
    ) -> Result<String, CommandFailure> {
        do throws(CommandFailure) {
            return .success(
                try SystemCommands().output(
                    of: ["/bin/sh", "-c", script], limit: 1000, seconds: seconds, cancellation
                ).text())
        } catch {
            return .failure(error)
        }
    }

    @Test("what a program prints is read to its end, and how it failed is told")
    func outputs() {
        #expect(run("printf one; printf two") == .success("onetwo"))
        #expect(run("exec >&-; sleep 0.05") == .success(""))
        #expect(run("head -c 1000 /dev/zero | tr '\\0' x") == .success(String(repeating: "x", count: 1000)))
        #expect(run("head -c 1001 /dev/zero") == .failure(.tooMuch))
        #expect(run("yes") == .failure(.tooMuch))
        #expect(run("echo one; exit 7") == .failure(.failed("status 7")))
        #expect(run("kill -TERM $$") == .failure(.failed("signal 15")))
        #expect(run("cat") == .success(""))
    }

    @Test("a program that is not there does not start")
    func absent() {
        let words = ["/nowhere/tool"]
        #expect(throws: CommandFailure.notStarted("No such file or directory")) {
            _ = try SystemCommands().output(of: words, limit: 10, seconds: 1, Cancellation())
        }
        #expect(throws: CommandFailure.self) {
            _ = try SystemCommands().output(of: [], limit: 10, seconds: 1, Cancellation())
        }
    }

    @Test("one that takes too long is ended, and so is what is cancelled before it begins")
    func endless() {
        #expect(run("sleep 100", seconds: 0.05) == .failure(.tookTooLong))
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(run("sleep 100", cancellation) == .failure(.tookTooLong))
    }
}
