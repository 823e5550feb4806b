import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct LockFilesTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("msauth-\(UUID().uuidString)")
        .path
    private let name = try! ConnectionName("work")

    private func locks(timeout: Double = 5) -> LockFiles {
        LockFiles(storeName: "test", timeout: timeout, clock: SystemClock(), directory: folder)
    }

    @Test("one holder at a time, and the next gets it when the lease is gone")
    func exclusive() throws {
        var lease: (any Lease)? = try locks().acquire(name, atMost: nil, Cancellation())
        let error = #expect(throws: MSAuthError.self) {
            try locks(timeout: 0.05).acquire(name, atMost: nil, Cancellation())
        }
        #expect(error?.status == .storeBusy && error?.hint != nil)
        _ = try locks().acquire(ConnectionName("other"), atMost: nil, Cancellation())
        lease = nil
        _ = try locks(timeout: 0.05).acquire(name, atMost: nil, Cancellation())
        #expect(lease == nil)
    }

    @Test("a waiter can be cancelled")
    func cancelled() throws {
        let lease = try locks().acquire(name, atMost: nil, Cancellation())
        let cancellation = Cancellation()
        soon { cancellation.cancel() }
        let error = #expect(throws: MSAuthError.self) { try locks().acquire(name, atMost: nil, cancellation) }
        #expect(error?.status == .cancelled)
        withExtendedLifetime(lease) {}
    }

    @Test("a lock file that was removed is no lock: it is made anew")
    func removed() throws {
        let lease = try locks().acquire(name, atMost: nil, Cancellation())
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
        }
        _ = try locks(timeout: 0.05).acquire(name, atMost: nil, Cancellation())
        withExtendedLifetime(lease) {}
    }

    @Test("folder and file are this user's alone, and say nothing of the connection")
    func modes() throws {
        _ = try locks().acquire(name, atMost: nil, Cancellation())
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(files.count == 1 && files[0].utf8.count == 64 && !files[0].contains("work"))
        let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(files[0])")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
    }

    @Test("a folder that others may write to, and a symbolic link, are refused")
    func refused() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        let open = #expect(throws: MSAuthError.self) { try locks().acquire(name, atMost: nil, Cancellation()) }
        #expect(open?.status == .storeUnavailable)
        let link = folder + "-link"
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder)
        let linked = LockFiles(storeName: "test", timeout: 1, clock: SystemClock(), directory: link)
        let error = #expect(throws: MSAuthError.self) { try linked.acquire(name, atMost: nil, Cancellation()) }
        #expect(error?.status == .storeUnavailable)
    }
}
