// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // The runtime goes inside: a dynamic Swift runtime would install crash handlers in the host.
    .unsafeFlags(["-static-stdlib"], .when(configuration: .release)),
]

let c: [CSetting] = [
    .unsafeFlags([
        "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-fstack-protector-strong", "-fstack-clash-protection",
    ]),
    .unsafeFlags(["-D_FORTIFY_SOURCE=3"], .when(configuration: .release)),
]

let staticRuntime: LinkerSetting = .unsafeFlags(
    ["-static-stdlib", "-no-toolchain-stdlib-rpath"], .when(configuration: .release))

func linker(_ flags: String...) -> [String] { flags.flatMap { ["-Xlinker", $0] } }

let package = Package(
    name: "msauth",
    products: [
        .library(name: "msauth", type: .dynamic, targets: ["MSAuthC"]),
        // Not "msauth": a product may not be named like the library. It is installed under that name.
        .executable(name: "msauth-cli", targets: ["msauth-cli"]),
    ],
    targets: [
        .systemLibrary(name: "MSAuthHeader", path: "include"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CCurl", cSettings: c),
        .target(name: "CExpat", cSettings: c),
        .target(name: "CSecret", cSettings: c),
        .target(name: "CCertificate", dependencies: ["COpenSSL"], cSettings: c),

        .target(name: "MSAuth", swiftSettings: swift),
        .target(
            name: "MSAuthSystem",
            dependencies: ["MSAuth", "CCertificate", "CCurl", "CExpat", "CLinux", "COpenSSL", "CSecret"],
            swiftSettings: swift),
        .target(
            name: "MSAuthC", dependencies: ["MSAuth", "MSAuthSystem", "MSAuthHeader"], exclude: ["exports.map"],
            swiftSettings: swift,
            linkerSettings: [
                staticRuntime,
                .unsafeFlags(
                    linker(
                        "-soname=libmsauth.so.0", "-z", "defs", "-z", "nodelete", "-z", "relro", "-z", "now",
                        "-z", "noexecstack", "--gc-sections",
                        "--version-script=\(Context.packageDirectory)/Sources/MSAuthC/exports.map"),
                    .when(configuration: .release)),
            ]),
        .executableTarget(
            name: "msauth-cli", dependencies: ["CLinux", "MSAuth", "MSAuthSystem"], swiftSettings: swift,
            linkerSettings: [
                staticRuntime,
                .unsafeFlags(linker("-z", "relro", "-z", "now", "--gc-sections"), .when(configuration: .release)),
            ]),

        .testTarget(name: "MSAuthTests", dependencies: ["MSAuth"], swiftSettings: swift),
        .testTarget(
            name: "MSAuthSystemTests", dependencies: ["MSAuthSystem", "MSAuth", "MSAuthHeader"], swiftSettings: swift),
    ],
    swiftLanguageModes: [.v6])
