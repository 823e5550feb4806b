/// The document of `msauth_describe()`.
package enum Description {
    /// Raised when a member changes its meaning; new members do not raise it.
    static let schema = 1

    package static func json(version: String) -> Secret {
        var writer = JSONWriter(capacity: 32768)
        writer.object { document in
            document.number("schema", schema)
            document.string("version", version)
            document.array("calls") { calls in
                for call in Call.allCases {
                    calls.object {
                        $0.string("name", call.rawValue)
                        $0.string("help", call.help)
                    }
                }
            }
            document.array("options") { options in
                for option in Vocabulary.options { options.object { write(option, &$0) } }
            }
            document.object("fields") { fields in
                write(Fields.token, "token", &fields)
                write(Fields.error, "error", &fields)
                write(Fields.prompt, "prompt", &fields)
                write(Fields.connection, "connection", &fields)
            }
            document.array("statuses") { statuses in
                for status in Status.allCases {
                    statuses.object {
                        $0.number("number", Int(status.rawValue))
                        $0.string("name", status.name)
                        $0.string("help", status.help)
                    }
                }
            }
            document.array("grants") { grants in
                for grant in Grant.allCases {
                    grants.object {
                        $0.string("name", grant.rawValue)
                        $0.string("needs", grant.needs)
                        words("required", grant.required.map(\.rawValue), &$0)
                        $0.string("help", grant.help)
                    }
                }
            }
            document.array("services") { services in
                for service in Service.allCases {
                    services.object {
                        $0.string("name", service.rawValue)
                        $0.string("help", service.help)
                        $0.object("resources") { resources in
                            for cloud in Cloud.allCases {
                                resources.string(cloud.rawValue, ifAny: service.resource(in: cloud))
                            }
                        }
                    }
                }
            }
            document.array("clouds") { clouds in
                for cloud in Cloud.allCases {
                    clouds.object {
                        $0.string("name", cloud.rawValue)
                        $0.string("authority", "https://" + cloud.host)
                        $0.string("help", cloud.help)
                    }
                }
            }
            words("stores", Vocabulary.definition(.store).kind.words, &document)
        }
        return writer.finish()
    }

    private static func write(_ option: OptionDefinition, _ writer: inout JSONWriter) {
        writer.string("name", option.name.rawValue)
        writer.string("kind", option.kind.name)
        if case .word(let list) = option.kind { words("words", list, &writer) }
        switch option.kind {
        case .seconds(let range), .number(let range):
            writer.number("minimum", range.lowerBound)
            writer.number("maximum", range.upperBound)
        default: break
        }
        words("calls", option.calls.map(\.rawValue), &writer)
        words("grants", option.grants.map(\.rawValue), &writer)
        writer.string("default", ifAny: option.defaultValue)
        writer.string("environment", ifAny: option.environment)
        writer.flag("secret", option.isSecret)
        writer.flag("kept", option.isKept)
        writer.string("help", option.help)
    }

    private static func write(_ fields: [Field], _ name: String, _ writer: inout JSONWriter) {
        writer.array(name) { array in
            for field in fields {
                array.object {
                    $0.string("name", field.name)
                    $0.string("kind", field.kind.rawValue)
                    $0.flag("secret", field.kind == .secret)
                    $0.string("help", field.help)
                }
            }
        }
    }

    private static func words(_ key: String, _ list: [String], _ writer: inout JSONWriter) {
        writer.array(key) { array in
            for word in list { array.string(nil, word) }
        }
    }
}
