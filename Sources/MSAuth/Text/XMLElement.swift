/// A name in its namespace; without one that is empty.
package struct XMLName: Hashable, Sendable {
    package let namespace: String
    package let local: String

    package init(_ namespace: String, _ local: String) {
        self.namespace = namespace
        self.local = local
    }
}

/// An element of an XML document that was read.
package struct XMLElement: Sendable {
    package let name: XMLName
    package let attributes: [XMLName: String]
    package let children: [XMLElement]
    /// What stands directly in it.
    package let text: String
    /// The bytes of the document between its tags.
    package let content: Range<Int>

    package init(
        name: XMLName, attributes: [XMLName: String], children: [XMLElement], text: String, content: Range<Int>
    ) {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
        self.content = content
    }

    func children(_ name: XMLName) -> [XMLElement] { children.filter { $0.name == name } }

    func child(_ name: XMLName) -> XMLElement? { children.first { $0.name == name } }

    /// All that stand in it by that name, at any depth.
    func descendants(_ name: XMLName) -> [XMLElement] {
        children.flatMap { child in (child.name == name ? [child] : []) + child.descendants(name) }
    }

    /// The text without the spaces and newlines around it.
    var trimmedText: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        let text = self.text.drop(while: isSpace)
        return String(text.dropLast(text.reversed().prefix(while: isSpace).count))
    }
}
