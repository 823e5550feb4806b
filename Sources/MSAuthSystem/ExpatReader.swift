internal import CExpat
package import MSAuth

/// XML by libexpat, which is opened when the first document is read.
package struct ExpatReader: XMLReader {
    package init() {}

    package func read(_ document: Secret, sealing sealed: String) throws(MSAuthError) -> XMLElement {
        if let reason = unsafe cexpat_load() {
            throw unsafe MSAuthError(
                .unsupported, "A federation server cannot be asked without libexpat: \(String(cString: reason)).",
                hint: "Install libexpat1.")
        }
        let name = Secret(sealed)
        defer { withExtendedLifetime(name) {} }
        let read = unsafe document.withBytes { bytes in
            unsafe cexpat_read(bytes.baseAddress, bytes.count, name.cString)
        }
        defer { unsafe cexpat_free(read) }
        guard let read = unsafe read else { throw ExpatReader.noMemory }
        switch unsafe cexpat_outcome(read) {
        case CEXPAT_OK: break
        case CEXPAT_NO_MEMORY: throw ExpatReader.noMemory
        case CEXPAT_DOCTYPE:
            throw MSAuthError(
                .untrusted, "The federation server's answer declares a document type, which SOAP forbids.")
        case CEXPAT_TOO_MUCH:
            throw MSAuthError(.untrusted, "The federation server's answer has too many XML elements, or too deep ones.")
        default:
            throw unsafe MSAuthError(
                .untrusted,
                "The federation server's answer is not XML: it breaks off or errs in line \(cexpat_line(read)).",
                hint: "Something between you and the server may have answered: a proxy or a captive portal.")
        }
        return try unsafe root(of: read, length: document.count)
    }

    /// From the last element to the first: what stands in one comes behind it.
    private func root(of read: OpaquePointer, length: Int) throws(MSAuthError) -> XMLElement {
        let count = unsafe cexpat_count(read)
        // Each list backwards, as it grows.
        var children: [Int: [XMLElement]] = [:]
        for number in (0..<count).reversed() {
            let found = unsafe cexpat_get(read, number)
            var attributes: [XMLName: String] = [:]
            for index in 0..<(unsafe found.attribute_count) {
                let attribute = unsafe cexpat_attribute_get(read, found.first_attribute + index)
                unsafe attributes[ExpatReader.name(attribute.name)] = String(cString: attribute.value)
            }
            let content = unsafe min(found.content, length)
            let element = unsafe XMLElement(
                name: ExpatReader.name(found.name), attributes: attributes,
                children: (children.removeValue(forKey: number) ?? []).reversed(), text: String(cString: found.text),
                content: content..<min(max(found.end, content), length))
            if number == 0 { return element }
            unsafe children[found.parent, default: []].append(element)
        }
        throw MSAuthError(.internalError, "The XML that was read has no element.")
    }

    private static func name(_ text: UnsafePointer<CChar>) -> XMLName {
        let whole = unsafe String(cString: text)
        guard let space = whole.lastIndex(of: " ") else { return XMLName("", whole) }
        return XMLName(String(whole[..<space]), String(whole[whole.index(after: space)...]))
    }

    private static let noMemory = MSAuthError(.exhausted, "There is no memory left to read XML.")
}
