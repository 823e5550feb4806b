import Foundation
import MSAuth
import Testing

@testable import MSAuthSystem

@Suite struct CertificateFilesTests {
    private func open(
        _ text: String, key: String? = nil, uri: String? = nil, password: String? = nil, isBare: Bool = false
    ) throws -> any SigningKey {
        try CertificateFiles().open(
            CertificateMaterial(
                origin: "It", bytes: Secret(text), key: key.map { Secret($0) }, uri: uri,
                password: password.map { Secret($0) }, isBare: isBare))
    }

    private func refusal(_ text: String, key: String? = nil, password: String? = nil, isBare: Bool = false) -> String {
        let error = #expect(throws: MSAuthError.self) { try open(text, key: key, password: password, isBare: isBare) }
        #expect(error?.status == .unusableKey)
        return error?.message ?? ""
    }

    @Test("thumbprints and dates are those that openssl prints")
    func describes() throws {
        let key = try open(Keys.certificate + "\n" + Keys.key)
        #expect(key.sha1 == ClientCertificate.bytes(ofThumbprint: Keys.sha1))
        #expect(key.sha256 == ClientCertificate.bytes(ofThumbprint: Keys.sha256))
        #expect(key.validity?.begins == Keys.begins && key.validity?.ends == Keys.ends)
        #expect(key.chain.count == 1)
    }

    @Test("an RS256 signature is the one that openssl makes")
    func signs() throws {
        let signature = try #require(try open(Keys.key + Keys.certificate).sign(Secret("header.claims"), .rs256))
        #expect(Base64.encode(signature, .standard).text() == Keys.signature)
    }

    @Test("PS256 signatures are as long as the key, and never the same")
    func salted() throws {
        let key = try open(Keys.certificate + "\n" + Keys.key)
        let (one, other) = (try key.sign(Secret("m"), .ps256), try key.sign(Secret("m"), .ps256))
        #expect(one?.count == 256 && one != other)
    }

    @Test("key and certificate may be in two files, encrypted, on one line, or both in base64")
    func forms() throws {
        let whole = Keys.certificate + "\n" + Keys.key
        #expect(try open(Keys.certificate, key: Keys.key).sha1 != nil)
        #expect(try open(Keys.certificate + "\n" + Keys.encryptedKey, password: Keys.password).sha1 != nil)
        #expect(try open(whole.replacing("\n", with: " ")).sha1 != nil)
        #expect(try open(Base64.encode(whole.utf8, .standard).text()).sha1 != nil)
        #expect(try open(Keys.pkcs12, password: Keys.password).sha1 != nil)
        #expect(try open(Keys.key, isBare: true).sha1 == nil)
    }

    @Test("the key of the second file counts, whatever the first one holds")
    func second() throws {
        #expect(try open(Keys.certificate + "\n" + Keys.otherKey, key: Keys.key).sha1 != nil)
        #expect(refusal(Keys.certificate + "\n" + Keys.key, key: Keys.otherKey).contains("belongs to"))
    }

    @Test("what cannot be used is told with its reason")
    func refused() {
        #expect(refusal(Keys.certificate).contains("no private key"))
        #expect(refusal(Keys.key).contains("no certificate"))
        #expect(refusal(Keys.certificate + "\n" + Keys.otherKey).contains("belongs to"))
        #expect(refusal(Keys.certificate + "\n" + Keys.ecKey).contains("type EC"))
        #expect(refusal(Keys.certificate + "\n" + Keys.shortKey).contains("2048"))
        #expect(refusal(Keys.certificate + "\n" + Keys.encryptedKey).contains("is encrypted"))
        #expect(refusal(Keys.certificate + "\n" + Keys.encryptedKey, password: "no").contains("this password"))
        #expect(refusal(Keys.pkcs12).contains("is encrypted"))
        #expect(refusal(Keys.pkcs12, password: "no").contains("this password"))
        for nonsense in [
            "x", "0", "0\u{3}\u{1}", "QUJD", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----",
        ] {
            #expect(refusal(nonsense).contains("nothing that can be read"), "\(nonsense)")
        }
    }

    @Test("a key in a device is not touched before it signs, and is told when it cannot be reached")
    func device() throws {
        // Whether this machine has what reaches PKCS#11 or not.
        let uri = "pkcs11:token=of-no-machine;object=none"
        let key = try open(Keys.certificate, uri: uri)
        #expect(key.sha1 == ClientCertificate.bytes(ofThumbprint: Keys.sha1) && key.chain.count == 1)
        let error = #expect(throws: MSAuthError.self) { try key.sign(Secret("m"), .rs256) }
        #expect(error?.status == .unsupported || error?.status == .unusableKey)
        #expect(error?.message.contains(uri) == true && error?.hint != nil)
        #expect(throws: MSAuthError.self) { try open("", uri: uri) }
        #expect(try open("", uri: uri, isBare: true).sha1 == nil)
    }

    @Test("a file is read whole, and what is none is told")
    func reads() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("msauth-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func put(_ name: String, _ count: Int) throws -> String {
            let file = folder.appendingPathComponent(name)
            try Data(repeating: 0x61, count: count).write(to: file)
            return file.path
        }
        let files = CertificateFiles()
        #expect(try files.read(put("good", 65536), for: .clientCertificate).count == 65536)
        for (path, says) in [
            (folder.path, "not a file"), (folder.path + "/absent", "No such file"), ("/dev/null", "not a file"),
            (try put("empty", 0), "empty"), (try put("long", 65537), "64 KiB"),
        ] {
            let error = #expect(throws: MSAuthError.self) { try files.read(path, for: .clientCertificateKey) }
            #expect(error?.status == .invalidArgument)
            #expect(error?.message.contains(says) == true && error?.message.contains("client_certificate_key") == true)
        }
    }
}

/// Made by openssl for these tests.
private enum Keys {
    static let password = "päss"
    static let sha1 = "64:82:F9:F5:D9:91:7A:77:A7:FA:2A:49:62:05:1D:57:79:A4:4D:25"
    static let sha256 =
        "56:A8:38:72:99:D4:83:F3:66:21:13:97:15:F3:40:19:24:B4:9C:F4:14:F7:27:7B:14:45:D8:8C:67:37:62:F4"
    static let begins = 1795256131
    static let ends = 2572856131
    /// openssl dgst -sha256 -sign, of the text header.claims
    static let signature =
        "FV1QtuReKBUQvhVfFg9WKk+XOIYz3MB8Lfaw2ytj3tlobP3UyramBzGIYYt/y6NxZXpoEy+E55GIsuOUhKegIBxv687pLWHBK7gHX25L+ZcSeU9vAtJDYi3MxHZumTvU0OdcmLixeb21Z77bweHwriymAhnemjmxZa2cdM+8hmXuaegQEfwHKhF/rgrE4L9beH7F6NT8SHSqd4QvDD1YR48st53Rs5CXsKNTXoZsA/CRofUSxFyb3yO5766+eC610LAJz8nCTRgBG4aNQiQ1I4rnaVVtPFs/9fanFWHB9i27BLdtu6fyqp4yUBisvphIlgPDMDjFPWP1pS8hxUv4pw=="
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIDATCCAemgAwIBAgIUORyPcmOlOBc1QG7VeYBygMKC4+4wDQYJKoZIhvcNAQEL
        BQAwDzENMAsGA1UEAwwEZGVtbzAgFw0yNjExMjExMDE1MzFaGA8yMDUxMDcxMzEw
        MTUzMVowDzENMAsGA1UEAwwEZGVtbzCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
        AQoCggEBAK/zZCvHjE/r+L780zPFaCyNnxIQbRep8is3ZGMQjtfAOenlvuorsloV
        RKVQZU7u+TpzFSJgkMqKrhNX9HrEhFujx7Rcqd+ElE1/icz42dZ6WfEQc8+kIKeG
        Pw1RsldBigzMMf8o7qlQsw3xg4DXMcxK8MwlbQBDiaYO3eluzpzC09kx9UOIc/Ux
        dZLFZP3r6wbpxv1/jCZ353A0mlK5ZWaaeH4eeAW7pxmWUnF3uJGhp6AOSdOijmM2
        gFbP8N0B3CE5NiREts4rD/DSeyO0ivsDg4UqFR+3NpbcJoqC6NreFdJGu4SNodMm
        2DVdVtiPdUOVJW9Ym/pKRzhFXGUOJg8CAwEAAaNTMFEwHQYDVR0OBBYEFOHRffNl
        280BRRYAXwInzac5BYWTMB8GA1UdIwQYMBaAFOHRffNl280BRRYAXwInzac5BYWT
        MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAAU+5HTSU7Tfb4Gj
        U3c2dnBiway04Gt+z5ou+Lc8lt8u7F5vf7lIBvYkLTHukPqEPVqhnWJn6QRjWhDs
        zdj0EL88ICpu3aI9WsaOrCnRYAJySp454VOsng71hGNy8CnMQ4bg8aPAP/kbOf9I
        L1QQ/hNn3K91tjShdMdKcScSCmx+rjM3EGJObyguTOlZNhaj3fiFbvPYGmoakzPX
        tVHw9wSVcuWT36aTRRYsKalyelPI/nB5AfJBEDrxwNqrQ5vziFs8Q9wC9u1mFj81
        24z3z7nOYww/DW1cwa2EHCghx1Qmv0pdqg070puTNFKeK3c5Z0+Rc2sfw5SZ3kB8
        GWuTkLM=
        -----END CERTIFICATE-----
        """
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCv82Qrx4xP6/i+
        /NMzxWgsjZ8SEG0XqfIrN2RjEI7XwDnp5b7qK7JaFUSlUGVO7vk6cxUiYJDKiq4T
        V/R6xIRbo8e0XKnfhJRNf4nM+NnWelnxEHPPpCCnhj8NUbJXQYoMzDH/KO6pULMN
        8YOA1zHMSvDMJW0AQ4mmDt3pbs6cwtPZMfVDiHP1MXWSxWT96+sG6cb9f4wmd+dw
        NJpSuWVmmnh+HngFu6cZllJxd7iRoaegDknToo5jNoBWz/DdAdwhOTYkRLbOKw/w
        0nsjtIr7A4OFKhUftzaW3CaKguja3hXSRruEjaHTJtg1XVbYj3VDlSVvWJv6Skc4
        RVxlDiYPAgMBAAECggEAG1EE4ux0EuRma0sChIMdYpgKHi/Wqq8ucxnXyAQwvmY6
        7N6c/pYSISeJehuP3uqoXt6xup3rXMadsqXGcFjvg5qwd9v7COyjFEpnW8nhaAmk
        H7zs00vT61j4Plp0qan52MrK6FEJMdg0NEdOoe4cQ8SkEHhZrTTPEKzg3vYztY/M
        q3H52rRB3l7wUZpBDI1DlviLAtzyqVN7j3P+GQEF0e+xSTgrYOSZA3tNEbVh5cCv
        EJijREErGS8edMBC+7R8pZKqSsysvX711qtgz44J8fgjh0FOTlAbhK5fsQszJnD4
        xqlXaNwvPoAgJH82mxsHCKcvCoCP3ZiH0poB8MUt4QKBgQDyXXa50jyqjrAW/GT7
        bz7D2/JTCHQ89RJZDFcXHmVcEW3tlyPxWkMv812XCgY/352vn4MVeW7maFGn6gKW
        nqv/00LLfTXwRPpDX8jkxKQaHpDrSh1PEUv4HTnlVEgub1RfWLFx/2OptCGZrpn7
        f+QptHGVaP/5d4VZzgpxpfAjewKBgQC52W4ByoMxTC8Tw12yBCJ28AVCFlL+yi9B
        FxYrJqm+/AAlOxQsvHI2EL5Nx4dA7YfbQNyPcc7laceAIbA032BI8jpR5Cxo0ShC
        4XQUb4gIdiSPMCjY2jm/x8j+GSNf1ZyWCznitYypuHLPgKPg36f8uxjm+IBLmjV6
        CKlxInCJfQKBgA4TO3fjK77D9pn/ImYvubdqKJKF5So9GUmum8gt7bkBEh9ALcgw
        c8JvIbpJzL8c3215mAVBPh2HZWaZAnl40YhT3ocuyFkhyF7tSx9uBBG4QLZJYZZb
        7MuF9vzIfkCkGoRHBFcYe9M5MNJZ/3tJnBiH8Ci7JlJ4jHgArT6YYm/NAoGBALcs
        HulzAMUI0mmHJ4S54IIbZQNS33AyNErSB052Z91NoJMRXHwPK/4vmHEulBchRcKK
        dhiHUiT4keGu0m36L3sWCvcFjeOtKiJo9TDjEE9Oqg/appe81ig4L9iJTD07W37j
        B6VzzHTGz5nGrz6HEZndidiz2jcpgUWK3f4ctJA9AoGBANz2tGN9OFaMPrCeZDvD
        vWtsEGgyQNvfwD87H/64udOa12GL5ygAaf0KPu/AcDuXdkce6efgknfrgQnU7yDg
        3F5C2Yl0lCq3LKdR/Kg0ACPZzUft/nClI+gaanUkZrg8paK7GG1yXYd08gR6zlQN
        1LIfcF6PobXUfiWJ5biK4a1Q
        -----END PRIVATE KEY-----
        """
    static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIihOockQldNMCAggA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBCJKBFh45L9Zbb7WYPEVHjKBIIE
        0LooZ9ZmYCa5YbdUpdSanr0KW7bmp9tIEVQjHWDWsTWL6LSqdgc4ItP2D86DM3iA
        EeNWeYvvzgHIAd4b5XpxOFxeSSlqI3rn9huRd7QfXw6/D6sNBDwZjf61M6icE8+Z
        w9E5l4Fup/LvWMRQcd9jnSuaynbKJleIUe4Wt/VRaHfrBUnPAlOkpeiyzzeiEuA2
        W2Xhk+bjr/uaeoYF8Xqh9KzvjDLfODIojy1vXVWnio5JPjSOs1eippOFkrutw18W
        4liGk/RkU0TFczdqlmnbGVoOvJRJtaPy7mjrJqjFNERib2/X+i+plE7D1DQ5kyeR
        EGY+mX9T8sVzTBYN/8HrNv7ywz2IbYKdirXIQH5GuQ/tD1ZF+FFOnWrcjt+Qaw6L
        7oDKTdtbdlR/J3hxRgw1WMSwMuBirGcNgt9x1UyXJ/ptsZR+y5VnbxhDG6O7db6n
        tbbSfU6l/HLCCWvHtbqp1xKiFaPidm50gTM/h/m0I4zIy3VJbBgMlAinLGJSnBxb
        Qzoj21KHseQPy3B81NvNutRZ87cMYMi3R4o0tFSSmxqiuUmzEmej6mpGoPiLNQBF
        Vqpyrd3ro0YG5p9DfJn3nPaiRhNACxWnELRBFB21pe4K2FbU44YWYW2zCezeuLKT
        qYggQHNRTc9vgfs2noTIngrE29qi9+ZrMOEICVzIGnRPxCDleNqDn59Uyy75EVvU
        0rh7qWw17Kf4S8FSQFMPdDlG2mQmSyv7uIUq0Ih7mPxv9Q2+FjAaHD1ZSpneRgpD
        nOSwfqZhi1LfB2irG7i3nLmx0FDul3KRL+UkscrBG5NIiu4smsGV9sqypRUjeA/V
        EdNr/o+JF+82a/KSf6sxaGrIofVuvUTaMaojIYWmpZqfSM/23IzY41Vg6uF+vYUT
        Kk0xAO7VjYexulSYhGNs85r+iyxkhXIRTbx5Avn0F4nGtIk2InN5cXsjxuzCtfqL
        kkLbtrWIJxbLgr2rqE1XG0xEw8L5AhCofylkStAzVe6m7QR35Y0PZ+8GIo/mMzLp
        ikHYGEZcQC6Jt9DXLfyW/b2gb7tJqvirCczdKvoyXLP7JFIf1K1LRI+6b+5vemsy
        N5d+S0kgSPh1pSCO/ZYtZnjdFvuTt5OyTesnE22U1jj1OhwfJMztycHSXP0scgKq
        ToBtSjUpeCcmkJo8GgLRsVhNbKzA1Rs+23AjO8mBmRUEV7+VzMJ16l+umNcPJOVS
        DdDydv6FM/WXIQxnz3vkiTmCg+fC8RYt1DPFnsR6JDQGm9NToDyr7tUfjG6dDqBk
        A6LWJiAOkgG2hRICaNLOquVuOQIFFN9GilpGKJ3SmnIFs8MELR8R8eZvZ4sLYxmT
        cwZv8FS24TM4mWZaCdQHixn/KfUoN/72gaDgiSqcj+Gp2xV57jfy7bwon3oSamWm
        cCOXudnEZ9yV9tXa9ntqEnMcjokC5tkx+L7Bxh23m3+4TKXtH+DXic7DOUMRuxsc
        EOFF+WVA+HOdrBuwhhedPXyWD8xrkUjQobWfAlegjsSw9CIHe5OTyoLKWt1HPXvm
        fVjfHQrDd2Cdwd3zr3eyPO98fm2uOZAFLpGPk0w9aQaYRqWg7jJ4O64jgh3jR5os
        brSr5orYhePhbVrGx8FO+c42yHF/jy8VDKhKcULq4rsN
        -----END ENCRYPTED PRIVATE KEY-----
        """
    static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDPxql3tSU/Lii3
        pM09jEj0rk2pSH9ILStXXHEwlPTzv3IDinzkLKh6GEC7XzIkYIFhRz/WJM25at+s
        r1h74nql5nI2sCW6EIDAX0DEx3EM/5mI2VSZhdfG411tYzHPyVtukPnUvcw355bH
        ONflX34R/gl38cBdJyDGHEpaeHyxIDaa9rEKyMk0AD+lHOyUETEn2B1dKF+hfc0R
        vr0oRGpbMM3Z/4DF2fEmxjFquJ9VXKQiZVKX3q9TvaO5LqZQF4y6+9JLrhO05AE0
        ojWBoyEUyZUHhFsimWJK8/Y0YQl8Lbx6cmUYTf1L2043JDhCXBU8FAT9x2QaY+Vo
        KGNb0PenAgMBAAECggEADRPEY80/bbq9LlMi5dOiszUV8eh8YQcSxMSujRplpm0a
        GHX1cV5hhjm+N+zVw5YICUmKOjNbzWaYHbl1jhU4QfZ/TB40aaxokMhjU7SifWkd
        o+WF3m8e9cd8AGAEvmlpJfbdpTxYPPvdsLv3qVn5cy7JhXFDpGP2O0cu44MqL0hU
        5G//DJCFTcMCaZ1N8H9HuaekNIXY0dJhmNK7UG4B436Got0WAep2alETA0nLoyPg
        eOq/uO/PSoMY/z3KwsusX8qb1CixYQ3VRgmSTzR07ck0Ey4KUG5lRMwVpeKWl67Q
        Tf86KTwY+SWg11uQ2E42fmg2W+w5eTAK/jXktkWpZQKBgQDojQOP2+zoQaiQ/YcU
        Cmjpo6WH4YQgmEwzW38gjHltQpPycdfE40XK+4WmV5dc2Ucfkon21+Igk7aAoUX3
        lW983mCIMlkDvgd+h2t0b+BcJ5GSFd3VPUI3glE0Z5IdRh+8l4UjPdLgYYIyb9nW
        P/NXCYyFRsUHRZP6qqlWUr8ovQKBgQDkuh6lpIQRTAZjsgTnicyCqqTEnrwrxokt
        MTTF8WOXqgrQgD4a9zTKDMpFmoWsDtzI/9Nf6DDsvC0xCVuc6Vzx2JggiptA3XQ8
        A/TqK0XeiIYF630d8SE7cjDijPDnVSzAqo0CG0zU/WKDBXZ/RRJabGk6AnZivjsE
        LkL9LaniMwKBgQDSr4ctm5N8LJg6m+b4SiIYorGCdNdO7IwE730ykPImAe6l9WwF
        rd56cvv34113ukZMnWevIpF08D6lNPd9wn5aQ+JzIiIxWMXTZX7946oB87tX/cWX
        vsMyJTfK4ZaoPPLd2uy9K/LUZKMfbOSPzip5jWYpDR/OYcQakumOErOrhQKBgCFn
        OQCR1SO9iZVXszWpPy+6AhQg5nQyK2hpLj7WMOg+UhP/FpLTlWcIlSWzGmB1TzMf
        gVwZScPY+3SU3Ec/IW7EZfsioufHL6lwHn1wUmTcZU5KBNyxkVvgIlmDoc729nEw
        tyUenYrhcliWHKcbjEGeYYOyRl3HUFEc/HWDDLNXAoGBANXZQK/OHxpFDtmb0tVX
        PLEQqvo6oFH9X7CUDXrpoDeBSAeHicxiL+ajnCnLndIJWKHcBDRSlt1S46nOoLUL
        BYlI8lr2Bq7I3qOfl/b45O4imJAuWnucS2eKvS9WDPQ/kyh+AiQwBA6fv1rkpc+g
        7za6WpnVnVBrgYUnYRyfDbf1
        -----END PRIVATE KEY-----
        """
    static let shortKey = """
        -----BEGIN PRIVATE KEY-----
        MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBAJREhF54FAKLzB+t
        bY//jL4ktRRYpWxn2NNzYHJ6uLtFdBWzFqyR9IDipybAwzO0DI0qjme0AdlRy9xK
        SraxsYC80VRTRYZv6NpK/+aABuFQPWQzA34t/tvXraPz6Pd7U3Gnb10RUWpAjPCC
        OGTk/t1ooOuuRIclm/F65e9PnbcBAgMBAAECgYAMNSgA7zoWi5Qe95SRyqS38yXF
        qxbTuiksH8/NHTWglbNdJgWz58CN7Bt/IVfxJd3ysZJQD44naoiydpt4N2E57Dxt
        eYwmRPCHncVKF4f3dSOEQwce+HFBQmaPReUlOEHbngmEx3IIEJGPP7I/AOn/vpzk
        KB4Jrbzla3/Y1UAAAQJBAMUBu5i4On1IEM5clgADBktdAsGyrLzQfeRc59Dk69Z9
        14ZsHFfXov6mrDR+aYKrFsYFfuQVzNGxQe0FOCxYioECQQDAqoKfJeFvXTPWvF7i
        N+aK5yVawyeeVfK/IxxUJXyuLUgnOKJpEc65kUIoFMD5hsr4ivkr//WL93C4tKxE
        0eyBAkBaOrDxAW/IcXlBCqao2rnHSpI4pNz4nYULUoHZ6v8Y/gn4Rwu0L883Up8M
        a9lnP3TuvRWg4Vstr0HCjOFtbiABAkApnmu7D0bEdMC2+VgRy/uMM+RY1+FeDbjz
        WxVKhBKL2ZJFjrFeuw8J/PvqhpktDdYYnIS44YDcbGY4MCcqcqKBAkBt6LEVogKG
        tg39iSVvJtOLlFvZ3NHqVUG+Y4xbkM6JaLfUaNMH9/vpbMmo3TqYyPBKG7HFZBCl
        Q+/Jdb3dI8TL
        -----END PRIVATE KEY-----
        """
    static let ecKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg01hgzu4MxSAETUrD
        JJfmkgllzJwdU3uXiCcLoHfEDE6hRANCAAS+50Ke9IIhkokkUsah/4v/5A+0/zAE
        dJxamsHGpl4I84qWXbg93I2i3PZdj8/XKSPB6FczwDVWt/jgYVid3L4a
        -----END PRIVATE KEY-----
        """
    static let pkcs12 = """
        MIIJzwIBAzCCCYUGCSqGSIb3DQEHAaCCCXYEgglyMIIJbjCCA+IGCSqGSIb3DQEH
        BqCCA9MwggPPAgEAMIIDyAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG
        SIb3DQEFDDAcBAg4G9MKRoIyRAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQME
        ASoEECQrLtSeTRroj2Ag95S6GmiAggNgFZ5wke5tWUZxlw7m2BRo1uC+7muyxJRm
        gpLwDugEDcPUO1n5RtqCiRZsO7iNMm83KKk4i+bFIMu1jqbgwRD4u/4lNTgToD+R
        0Mj1p0aWq9B9PLk6XWFvEHrLO1Zx34uusYRliphXGFe9FxDH5x3wImJiy8vuBPrt
        4IroXjn1B0z/zVXT8tyV2gCp/RBJlF3Owcdv4OinInQmyNFAOzhrfRjGjDxfK8HW
        EwiC8u06UhVcOhGxIYmrilbZPzNr/BJuI9KE1/imk/RNQ7kZFs6dGee3H5fSMHmw
        xsZUqEkAhk2ehEwVuqrYmOPVBaj0AHCMyCrzXfOcmVP2fjhYivKLgD3RzayKvV6o
        n/0qjVbzrjLqybfmafP79flR4sh7SCTy5SgKZ0fFgK7EORn7U20XB5It/HuMHMoZ
        cbZILnPOGWgTKbkik6tvGcgeM7O7IrAXbfxdIE/XERaiFNqE3OwJyzsBge6F9ghY
        rZsnLINNIV5oYy+dosvXXHLyJ86GrHKB2tVqi5xFqkPPY+XKhxeGblod6uJ6GH1x
        QND1SCpAz4KzguX9bbWbpRVq8ur+T/bjBAPK1YKsK5sdPC09ul4wv12HxJdpTBR/
        3MX4YKK2eXA1oyBMTDkJII4TEnB8So6LU+kc//rvcy9nNXeqExCFgABXEXOLO1dy
        RfbddY7zKf9+r6xfrTNS+WWiwq5ComPjawgy+q++QpncbbVilDaRmu0GeUxb260f
        avJLDIBjacLmglTv7pRH98dwLeWPTIbepQsaHwVCSqFM1HRKbSEDvlfB/qZrPoDy
        BqP4RDMG/8wa9KOYtw+K9eKfUJgg0aIfQWGATPIIRB8rWOLeUe79byc6cv4awB7C
        oHh5NoVH+HqS4fnFu328vDPaVlxSvFcCM76lL9lTYMOouCRDiPlCVn01rz413VQL
        sy+f9M6qC05ZYAzejisciB87Xs5LK7uiLPQFLg8sh1Uxyk5sP+vha7u+HVgoDK5c
        VLNqjimdnDV30c23bg1O/u/y20J0EhJuqSmrwvPjKoanBR08af+PLEqAjv5ddmkq
        ZgRGpXvClC0lLaAMibphJ8IJSIOQMGeNVSamI/TN7iOkBz/LGM66yazG57zNd3iN
        KlxO2Swg46EBriLCs5El+cr7eiDEyW+qMIIFhAYJKoZIhvcNAQcBoIIFdQSCBXEw
        ggVtMIIFaQYLKoZIhvcNAQwKAQKgggUxMIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkq
        hkiG9w0BBQwwHAQIhijB708epksCAggAMAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUD
        BAEqBBBN2ZDzeCFZWMLQMemZIF/3BIIE0C8UX2i87QaNJssaK2zJ9wCvw0zx9R6C
        2f8Rj0wUE0vAIf9VacULum8UrArUWcWBp1M8vXQhdXISdDDUmO643GmwHWDTCI4g
        Rz5mBV9BbEXDRbNAE2ILKdWSjJjvt5qXAXiHqhuPCwtyWxzoIgmjy3oGU1HQmZxX
        Jr/nSIaBcvg9XJL2F3m1C6dLyfWk8YS0Bno/096Ip0xmINpn1gJ3W255en9OVMFD
        8dxELW4BcFn2H5IxcwPoobyKHdY5aCsDsL2SizPgaqiJDbfsV+zMujjd7b2WPDVO
        +ZojqsSBnVPmOyzfPFB7xKM+i5z0nORWIv5nv9/v1ROEQ+IqYNvTPE7YnUkJxC0U
        YOxspkLPcKth8+AzZGYaG9MzWKpdBTwt9agyVzv6bUi6QJ45xaF8fgLzYf7YAjIi
        tlUCEhuoJCXZrryCkDBzGdTGbgR80Lh6s9iaGXe7iBZjeb460VUo/scjgwAV3+G8
        s/As8I8vEHMDfF94yjKu7nxkgn4wcWK3hU2XLEDmdZb4l3Zbz446QYG2pkLRcvAv
        VOhS1ROyA5gyLKFrHzLRQZ07DNiQblCoNNWrxtYa6kixe5EuSaqsOTIvEJQjr7Gv
        s2x2Sh8o37lQkv5CUXMnpcq6IMhOU0MnqQleBC3rcQRviGGdWsm7slf0NS7C8Orh
        Hoh4hSksblAOyDkgdOEhITD7kUaYBIzICVf7TyjD12FJ4HUfSbxoI1wyQqSpf793
        mvY9NeNJ9ik7KSDZy/9/Lxa84DEcuh0tSJ1Ajnncx5rgs4CbcaIKgFI80WU8bdDV
        Pt1QY0svMlpxCglZO0LlzAPumrDIN9Rw4zKFvk8L8lAaMKc5HjPgNzxIY8lf/Vul
        ShcnHWIJ1sBqqqiQKsPmreABDdWCcsYrbf8EDQRKjF5GbmjP1wbQoJTCQFz3n83f
        ZRAXanspDemqihzIYIGNiayEyNaLzR8AVEkHuJO2xP9jeHYt/tpEgc/tatz7GSVa
        bk82pa3s8NYN9kzxnAyF43YoHF3EyApfZ0sZZJQEfK8CYkIoNXFz1r0j4adj0v5x
        BQySzeNtL5QIfMAPcQY+/pKj0pu6hv0R2viCLQjyLpBx5wVhOjncLceoZalzGM0T
        noL1/9BpymBj3tJowr8/5MHaOZNHf2BMmrQt/Uy1JrJ/A6OYy1Nq+0BaN+QQin/v
        leOG5fYI7zEqiwDbJiZTQxo1HXCzRKHqrsk3ceiaq+IwKMDsoFHJrcf/lfIMXx/H
        AJufrmVYK1t+h//7hrhJcrJ06Ip/J67xv3eGV+7Bg78XwG8SNGcXp3YIcKvnP3jb
        sFa4JjFkGCHRUDa/66TFYXYWwZyOB7ceh0qRsRd/NaVd5OrBIpmOH8Tf7E+x8TWs
        PYet7cnAEUreS2IZ/8aRVAUkiytWP48cFwHtJM86LIeqOerQ/qWe8IR41Ij81yhp
        ywtXNDTopvkEBfxONAJiw75zxDBK9hgijiONnSUtKYBa23K688q1O/CGujlDkV5N
        pgvYoizxv1B/+d9+BmqLOn5G+G4GhCkjeLNNg90SKRfw2uhrEsc5QbiqoUsOlzts
        +92C5EXyNjnxNIR0LzfjdrbVUw1g8F8aJ9KoMItwL89uQzr8mmR6U99ppTlfhuNP
        sKc2H0JPWCK4MSUwIwYJKoZIhvcNAQkVMRYEFGSC+fXZkXp3p/oqSWIFHVd5pE0l
        MEEwMTANBglghkgBZQMEAgEFAAQg+61jH08nPRd7VH4DuoosoEENVWrjxDeWkzvY
        YN9CF/8ECCu+apfY739OAgIIAA==
        """
}
