internal import Glibc
package import MSAuth

/// Certificates with their keys, as files and as bytes.
package struct CertificateFiles: Certificates {
    private static let limit = 65536

    package init() {}

    package func read(_ path: String, for option: OptionName) throws(MSAuthError) -> Secret {
        // Without waiting for who writes a pipe: that is none.
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { throw wrong(option, path, "cannot be read: \(Errno.sentence(errno))") }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw wrong(option, path, "is not a file")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: CertificateFiles.limit + 1, alignment: 1)
        defer {
            if let start = buffer.baseAddress { unsafe explicit_bzero(start, buffer.count) }
            unsafe buffer.deallocate()
        }
        var count = 0
        while count < buffer.count {
            let more = unsafe Glibc.read(file, buffer.baseAddress.map { unsafe $0 + count }, buffer.count - count)
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw wrong(option, path, "cannot be read: \(Errno.sentence(errno))") }
            if more == 0 { break }
            count += more
        }
        guard count > 0 else { throw wrong(option, path, "is empty") }
        guard count <= CertificateFiles.limit else { throw wrong(option, path, "is longer than 64 KiB") }
        return unsafe Secret(copying: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    package func open(_ material: CertificateMaterial) throws(MSAuthError) -> any SigningKey {
        let key = CertificateKey(password: material.password, uri: material.uri)
        // Before what the certificate's file may hold: the first key counts.
        if let second = material.key { try key.add(second, "The file of \"client_certificate_key\"") }
        if !material.bytes.isEmpty {
            try key.add(material.bytes, material.origin)
        } else if !material.isBare {
            try key.addKept()
        }
        try key.check(isBare: material.isBare, material.origin)
        return key
    }

    private func wrong(_ option: OptionName, _ path: String, _ what: String) -> MSAuthError {
        .invalidArgument("The option \"\(option.rawValue)\" names \(path.quotedForMessage), which \(what).")
    }
}
