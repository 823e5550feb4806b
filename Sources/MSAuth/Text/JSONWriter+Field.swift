extension JSONWriter {
    /// A field of what the library hands out, in JSON's own type where it has one.
    package mutating func field(_ field: Field, ifAny value: Secret?) {
        guard let value else { return }
        switch field.kind {
        case .number, .time: number(field.name, ifAny: Int(value.text()))
        case .flag: flag(field.name, value.text() == "true")
        case .text, .list, .url, .secret, .json: string(field.name, value)
        }
    }
}
