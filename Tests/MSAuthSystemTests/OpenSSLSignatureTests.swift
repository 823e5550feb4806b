import Testing

@testable import MSAuth
@testable import MSAuthSystem

@Suite struct OpenSSLSignatureTests {
    // RFC 7515 appendix A.2.
    private static let message =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19"
        + "yb290Ijp0cnVlfQ"
    private static let modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
        + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
        + "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
        + "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    private static let signature =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
        + "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
        + "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
        + "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

    // The same message, signed by Python's cryptography by PS256: with a salt of 32 bytes, and with the longest.
    private static let otherModulus =
        "si_dtwuJdllZQcGq97nmyi5pDTs3MRpQrBQR4-ZStFjhYt7Vzr7nUrwG_mb5JeL_eJMz88yUImZNBsXyzP7OoUHobcEoaJZ_V4vG"
        + "xQOjgYnJYF9ae-5c8R9wmKa5wK_IpQSlm-xYq1LNICgBkqGp7aOP6pr0DRz_Mkk7pZdXpqaTLJlt8GAs-zz7mJzqTbDQiUq78bmT"
        + "udpor070a_MnthW_d2X8vUDnGIIA75pKQWCAPHsOE1-Vf36_kigoiS_F-EfiKk2FsllxXzFxky0Cc1WJen4rFfyNJBFroMFWSvLw"
        + "sDpvqbczLSGaAx8700TstCvpKGFoZLcOcFHZJIuAYw"
    private static let salted =
        "JfKe0IO76IibVCpDQy-8sibmvWaDWyASltiChlFfPubkVnDlLOKdYWkppOxNm8LKHCTLPw9WPEVHgc4IhIDK-D0mbzgZY0bsaqVV"
        + "7bguFxObvL5YCN1w598yBWvGDBeFpUkquaCrLL75jkJnaoL3Ypja6z4BDffuzWhMKYxKvmK3mjfnCaeM1c4vYd_67DC8Vky454BZ"
        + "smOrj3rdV4FapMcCmG2yAbpt_Nm-4gKL3KiTGSwDEaprYMKyp6Ce2neXtwpX1ye5p8DQEMBxcIjSgv8HKfFChU9n-cviz2hiXMp7"
        + "plXbygc4eelWWMouQoEYjN1MJHE-8uPJ8DBCVqcahQ"
    private static let longSalted =
        "h_SgEr0974EDYQPDE9C6ZJg4QYgHYCSI7iSVduaZ7VY6VgfanEcfFs-jxIVMtUyt9-4gLdg-sfqtJAKgyUnjyheVCmM5IC8Edt9f"
        + "DWlYpX-6NHcoQs2X-c4V4sk7CQJDfnxwcfKOQdpZy_mW6a9lJNFyA3Va00BYnjNPaoNZHsGMIF2XrBfD0kFPV_0402AdN1NJwWfs"
        + "tFK1Fxt2ZcaDhjDKGFRzbUaFIXUcwIK9PotzibqzxIO_2HIX9WlgqTdXrYDB3o12B6acnBQb5ir6U_d47alpWofIDFoqPY8vLP9B"
        + "x2jtHB-_oTuCp0M2jRh66OAu1ApO91W4o1lNfKIXrg"

    private func verdict(
        _ signature: String, _ modulus: String, _ algorithm: SigningAlgorithm, message: String = message
    ) throws -> Bool {
        let number = try #require(Base64.decode(modulus.utf8))
        let key = try #require(RSAPublicKey(modulus: number, exponent: [1, 0, 1]))
        let bytes = try #require(Base64.decode(signature.utf8))
        return try OpenSSLCrypto().verify(bytes, of: Secret(message), by: key, algorithm)
    }

    private typealias Mine = OpenSSLSignatureTests

    @Test("the signature of RFC 7515 appendix A.2 is good, and by RS256 alone")
    func rs256() throws {
        #expect(try verdict(Mine.signature, Mine.modulus, .rs256))
        #expect(try !verdict(Mine.signature, Mine.modulus, .ps256))
        #expect(try !verdict(Mine.signature, Mine.otherModulus, .rs256))
        #expect(try !verdict(Mine.signature, Mine.modulus, .rs256, message: Mine.message + "x"))
    }

    @Test("PS256 has a salt as long as its hash, RFC 7518 section 3.5")
    func ps256() throws {
        #expect(try verdict(Mine.salted, Mine.otherModulus, .ps256))
        #expect(try !verdict(Mine.longSalted, Mine.otherModulus, .ps256))
        #expect(try !verdict(Mine.salted, Mine.otherModulus, .rs256))
    }

    @Test("a signature that is none is wrong", arguments: ["", "AAAA", String(repeating: "A", count: 4000)])
    func nonsense(_ signature: String) throws {
        #expect(try !verdict(signature, Mine.modulus, .rs256))
        #expect(try !verdict(signature, Mine.modulus, .ps256))
    }

    @Test("every bit of it counts")
    func bits() throws {
        let good = try #require(Base64.decode(Mine.signature.utf8))
        for index in stride(from: 0, to: good.count, by: 51) {
            var bytes = Array(good)
            bytes[index] ^= 1
            #expect(try !verdict(Base64.encode(bytes, .url).text(), Mine.modulus, .rs256))
        }
    }
}
