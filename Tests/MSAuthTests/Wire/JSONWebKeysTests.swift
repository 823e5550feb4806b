import Testing

@testable import MSAuth

@Suite struct JSONWebKeysTests {
    /// 2048 bits, of which the last eight are told.
    static func modulus(_ last: UInt8 = 7) -> String {
        Base64.encode([0x80] + Array(repeating: 1, count: 254) + [last], .url).text()
    }

    private func key(_ more: String = "", n: String = modulus(), e: String = "AQAB") -> JSONWebKeys.Key? {
        JSONWebKeys(Secret("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"\(n)\",\"e\":\"\(e)\"\(more)}]}"))?["k"]
    }

    @Test("reads an RSA key with its ID, and what else is said of it")
    func read() {
        let found = key(",\"use\":\"sig\",\"alg\":\"RS256\",\"issuer\":\"https://i/t\",\"x5c\":[\"AA==\"]")
        #expect(found?.key.modulus.count == 256 && found?.key.exponent == [1, 0, 1])
        #expect(found?.algorithm == "RS256" && found?.issuer == "https://i/t")
    }

    @Test("leading zeros are not of the number")
    func zeros() {
        let padded = Base64.encode([0, 0] + Array(Base64.decode(JSONWebKeysTests.modulus().utf8)!), .url).text()
        #expect(key(n: padded)?.key == key()?.key)
    }

    @Test("the key of RFC 7517 appendix A.1 is read, and its elliptic neighbour left out")
    func vector() {
        let document =
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
            + "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"},"
            + "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS"
            + "oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAt"
            + "aSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBni"
            + "Iqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}]}"
        let keys = JSONWebKeys(Secret(document))
        #expect(keys?["2011-04-29"]?.key.modulus.count == 256 && keys?["1"] == nil)
    }

    @Test("a key that is too short or too long, or for something else, is left out")
    func unfit() {
        #expect(key(n: Base64.encode([0x7F] + Array(repeating: 1, count: 255), .url).text()) == nil)
        #expect(key(n: Base64.encode(Array(repeating: 1, count: 2049), .url).text()) == nil)
        for e in ["", "AQ", "Ag", "AAAA", Base64.encode(Array(repeating: 1, count: 9), .url).text(), "!"] {
            #expect(key(e: e) == nil, "e = \(e)")
        }
        #expect(key(n: "!") == nil && key(",\"use\":\"enc\"") == nil)
    }

    @Test("what is no set of keys is none", arguments: ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":"])
    func none(_ text: String) { #expect(JSONWebKeys(Secret(text)) == nil) }

    @Test("more keys than anybody has are not all read")
    func many() {
        let each = (0..<150).map {
            "{\"kty\":\"RSA\",\"kid\":\"\($0)\",\"n\":\"\(JSONWebKeysTests.modulus())\",\"e\":\"AQAB\"}"
        }
        let keys = JSONWebKeys(Secret("{\"keys\":[\(each.joined(separator: ","))]}"))
        #expect(keys?["99"] != nil && keys?["100"] == nil)
    }
}

@Suite struct JSONWebSignatureTests {
    private func token(_ header: String, signature: String = "c2ln") -> Secret {
        Secret("\(Answers.encode(header)).e30.\(signature)")
    }

    @Test("takes RS256 and PS256 with the ID of their key", arguments: SigningAlgorithm.allCases)
    func read(_ algorithm: SigningAlgorithm) throws {
        let text = token("{\"alg\":\"\(algorithm.rawValue)\",\"kid\":\"k\"}")
        let signed = try JSONWebSignature(text)
        #expect(signed.algorithm == algorithm && signed.keyID == "k" && signed.signature.text() == "sig")
        #expect(signed.message.text() + ".c2ln" == text.text())
    }

    @Test(
        "takes nothing else",
        arguments: [
            "{\"alg\":\"none\",\"kid\":\"k\"}", "{\"alg\":\"HS256\",\"kid\":\"k\"}",
            "{\"alg\":\"rs256\",\"kid\":\"k\"}",
            "{\"kid\":\"k\"}", "{\"alg\":5,\"kid\":\"k\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"RS256\",\"kid\":\"\"}",
            "{\"alg\":\"RS256\",\"kid\":\"k\",\"crit\":[\"b64\"],\"b64\":false}", "[]", "",
        ])
    func refused(_ header: String) { #expect(status { _ = try JSONWebSignature(token(header)) } == .untrusted) }

    @Test("takes no text that is not in its form", arguments: ["", "a.b", "a.b.c.d", "!.e30.c2ln"])
    func form(_ text: String) { #expect(status { _ = try JSONWebSignature(Secret(text)) } == .untrusted) }
}
