import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct SystemMachineTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("msauth-\(UUID().uuidString)")
        .path

    private func refusal(_ path: String) -> FileRefusal? {
        do throws(FileRefusal) {
            _ = try SystemMachine().read(path, limit: 16)
            return nil
        } catch {
            return error
        }
    }

    @Test("a small regular file is read, and nothing else is")
    func files() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        try write("key", "0123456789abcdef")
        try write("long", "0123456789abcdefg")
        try manager.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "\(folder)/key")
        try manager.createSymbolicLink(atPath: "\(folder)/other", withDestinationPath: folder)
        #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)

        #expect(try SystemMachine().read("\(folder)/key", limit: 16).text() == "0123456789abcdef")
        #expect(refusal("\(folder)/long") == .tooLarge)
        #expect(refusal("\(folder)/link") == .notRegular)
        #expect(refusal("\(folder)/other/key") == .notRegular)
        #expect(refusal("\(folder)/pipe") == .notRegular)
        #expect(refusal(folder) == .notRegular)
        #expect(refusal("\(folder)/none") == .missing)
        #expect(refusal("/") == .notRegular)
    }

    @Test("where links may be followed they are, and nothing but a small regular file is read")
    func links() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        try Data("0123456789abcdef".utf8).write(to: URL(fileURLWithPath: "\(folder)/key"))
        try manager.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "\(folder)/key")
        try manager.createSymbolicLink(atPath: "\(folder)/other", withDestinationPath: folder)
        #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
        func read(_ name: String, limit: Int = 16) -> FileRefusal? {
            do throws(FileRefusal) {
                #expect(try SystemMachine().readFollowingLinks(name, limit: limit).count == 16)
                return nil
            } catch {
                return error
            }
        }
        #expect(read("\(folder)/other/link") == nil)
        #expect(read("\(folder)/link", limit: 15) == .tooLarge)
        #expect(read("\(folder)/pipe") == .notRegular)
        #expect(read(folder) == .notRegular)
        #expect(read("/dev/zero") == .notRegular)
        #expect(read("\(folder)/none") == .missing)
    }

    @Test("a variable that is empty is not set")
    func variables() {
        unsafe setenv("MSAUTH_TEST_EMPTY", "", 1)
        #expect(SystemMachine().variable("MSAUTH_TEST_EMPTY") == nil)
        #expect(SystemMachine().variable("PATH") != nil)
    }

    @Test("what the probe found is known to the whole process")
    func remembered() {
        SystemMachine().remember(imdsAnswers: false)
        #expect(SystemMachine().imdsAnswers == false)
    }
}
