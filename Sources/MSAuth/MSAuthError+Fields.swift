extension MSAuthError {
    /// One of `Fields.error`, as text.
    package func value(_ name: String) -> String? {
        switch name {
        case "status": status.name
        case "message": message
        case "hint": hint
        case "error_code": service?.errorCode
        case "suberror": service?.suberror
        case "aadsts": service?.aadsts.map { String($0) }
        case "claims": service?.claims
        case "correlation_id": service?.correlationID
        case "trace_id": service?.traceID
        case "retry_after": service?.retryAfter.map { String($0) }
        case "http_status": service?.httpStatus.map { String($0) }
        default: nil
        }
    }

    /// All fields as one object; numbers are numbers here.
    package var json: Secret {
        var writer = JSONWriter()
        writer.object { object in
            for field in Fields.error { object.field(field, ifAny: value(field.name).map { Secret($0) }) }
        }
        return writer.finish()
    }
}
