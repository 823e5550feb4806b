import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct LogFileTests {
    @Test("appends a line with time and process, in a file for this user alone")
    func appends() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("msauth-\(UUID().uuidString).log").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try LogFile(path)
        log.write { "one\n\u{1B}[2J" }
        log.write { "two" }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains(" msauth[\(getpid())] one [2J"))
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test(
        "a place that cannot be written to is told when the client is made", arguments: ["fd:999", "/nowhere/at/all"])
    func refused(_ place: String) {
        let error = #expect(throws: MSAuthError.self) { try LogFile(place) }
        #expect(error?.status == .invalidArgument)
    }
}
