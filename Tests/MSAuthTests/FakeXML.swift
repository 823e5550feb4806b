import Foundation
import FoundationXML

@testable import MSAuth

/// XML by Foundation, which knows no places in the document: the content of what is sealed is found by its tags.
struct FakeXML: XMLReader {
    func read(_ document: Secret, sealing sealed: String) throws(MSAuthError) -> MSAuth.XMLElement {
        let tree = Tree(sealed, document.text())
        let parser = XMLParser(data: Data(document))
        parser.shouldProcessNamespaces = true
        parser.delegate = tree
        guard parser.parse(), let root = tree.root else { throw MSAuthError(.untrusted, "no XML") }
        return root
    }

    private final class Tree: NSObject, XMLParserDelegate {
        private struct Open {
            var name: XMLName
            var attributes: [XMLName: String]
            var children: [MSAuth.XMLElement] = []
            var text = ""
        }

        let sealed: String
        let document: String
        var root: MSAuth.XMLElement?
        private var open: [Open] = []
        private var prefixes: [String: String] = [:]

        init(_ sealed: String, _ document: String) {
            self.sealed = sealed
            self.document = document
        }

        func parser(
            _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            // Enough for attributes: each prefix means one thing in the documents of the tests.
            for (name, value) in attributes where name.hasPrefix("xmlns:") {
                prefixes[String(name.dropFirst(6))] = value
            }
            var named: [XMLName: String] = [:]
            for (name, value) in attributes {
                let parts = name.split(separator: ":").map(String.init)
                named[parts.count == 2 ? XMLName(prefix(parts[0]), parts[1]) : XMLName("", name)] = value
            }
            let local = element.split(separator: ":").last.map(String.init) ?? element
            open.append(Open(name: XMLName(namespaceURI ?? "", local), attributes: named))
        }

        private func prefix(_ name: String) -> String {
            if let known = prefixes[name] { return known }
            guard let start = document.range(of: "xmlns:\(name)=\"")?.upperBound else { return "" }
            return String(document[start...].prefix { $0 != "\"" })
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            guard !open.isEmpty else { return }
            open[open.count - 1].text += string
        }

        func parser(
            _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
        ) {
            let ended = open.removeLast()
            let isSealed = ended.name.local == sealed
            let made = MSAuth.XMLElement(
                name: ended.name, attributes: ended.attributes, children: isSealed ? [] : ended.children,
                text: isSealed ? "" : ended.text, content: isSealed ? content : 0..<0)
            if open.isEmpty { root = made } else { open[open.count - 1].children.append(made) }
        }

        /// Between the tags of the one element that is sealed.
        private var content: Range<Int> {
            guard let name = document.range(of: sealed),
                let start = document.range(of: ">", range: name.upperBound..<document.endIndex)?.upperBound,
                let end = document.range(of: "</", options: .backwards, range: start..<lastName.lowerBound)?.lowerBound
            else { return 0..<0 }
            return document[..<start].utf8.count..<document[..<end].utf8.count
        }

        private var lastName: Range<String.Index> {
            document.range(of: sealed, options: .backwards) ?? document.startIndex..<document.startIndex
        }
    }
}
