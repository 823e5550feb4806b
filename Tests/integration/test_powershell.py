"""The PowerShell module: its C# layer on .NET and mono against the local Entra, its script by its syntax tree.

No PowerShell runs here. bindings/powershell/tests is for a machine that has one.
"""

from __future__ import annotations

import base64
import ctypes
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import tree_sitter
import tree_sitter_powershell
from browser import Browser
from conftest import ROOT, Entra, Keyring
from metadata import IDENTITY, Metadata
from test_authorization_code import REDIRECT_URI, WEB_APP

MODULE = ROOT / "bindings/powershell/MSAuth"
PESTER = ROOT / "bindings/powershell/tests"
EXAMPLE = ROOT / "bindings/powershell/examples/Token.cs"
# PowerShell 7.4 stands on this runtime: the same loader, marshaller and finalizers.
DOTNET = Path(sysconfig.get_path("purelib")) / "dnv/net/runtime/.net/dotnet"
RUNTIME = {
    "runtimeOptions": {
        "tfm": "net8.0",
        "framework": {"name": "Microsoft.NETCore.App", "version": "8.0.4"},
        # Optimized from the start, so that the garbage collector takes what nothing will use again.
        "configProperties": {"System.Globalization.Invariant": True, "System.Runtime.TieredCompilation": False},
    }
}
# System.Management.Automation.ErrorCategory.
CATEGORIES = {
    "NotSpecified",
    "OpenError",
    "CloseError",
    "DeviceError",
    "DeadlockDetected",
    "InvalidArgument",
    "InvalidData",
    "InvalidOperation",
    "InvalidResult",
    "InvalidType",
    "MetadataError",
    "NotImplemented",
    "NotInstalled",
    "ObjectNotFound",
    "OperationStopped",
    "OperationTimeout",
    "SyntaxError",
    "ParserError",
    "PermissionDenied",
    "ResourceBusy",
    "ResourceExists",
    "ResourceUnavailable",
    "ReadError",
    "WriteError",
    "FromStdErr",
    "SecurityError",
    "ProtocolError",
    "ConnectionError",
    "AuthenticationError",
    "LimitsExceeded",
    "QuotaExceeded",
    "NotEnabled",
}

# Parameters that are no option, and why.
OWN_PARAMETERS = {
    "Name": "the connection's name",
    "DeviceCode": "the word of the option grant",
    "Credential": "the options client_id and client_secret, or username and password",
    "Resume": "the call",
    "AsPlainText": "what PowerShell makes of the token",
}
# Fields that are no property, and why.
WITHHELD = {
    ("token", "access_token"): "the property Token",
    ("token", "refresh_on"): "the library's own business",
    ("token", "acquired_on"): "the library's own business",
    ("token", "authority"): "of the connection",
    ("token", "client_id"): "of the connection",
    ("token", "home_account_id"): "of the connection",
    ("token", "id_token"): "a secret that no command needs",
    ("token", "warning"): "written as a warning",
}
CALLS = {
    "Connect-MSAuth": ("connect", "resume"),
    "Get-MSAuthToken": ("acquire",),
    "Get-MSAuthConnection": ("list",),
    "Disconnect-MSAuth": ("disconnect",),
}


# The layer in C#


class Build:
    """MSAuth.dll, the test program and the example, compiled by mcs, beside a library that has its installed name."""

    def __init__(self, directory: Path, library: Path) -> None:
        self.directory = directory
        self.library_directory = directory / "lib"
        self.library_directory.mkdir()
        (self.library_directory / "libmsauth.so.0").symlink_to(library)
        self._compile("-target:library", "-out:MSAuth.dll", MODULE / "MSAuth.cs")
        tests = sorted((ROOT / "Tests/dotnet").glob("*.cs"))
        self._compile("-r:MSAuth.dll", "-r:System.Core.dll", "-out:Tests.exe", *tests)
        self._compile("-out:Token.exe", EXAMPLE, MODULE / "MSAuth.cs")
        for program in ("Tests", "Token"):
            shutil.copy(directory / f"{program}.exe", directory / f"{program}.dll")
            (directory / f"{program}.runtimeconfig.json").write_text(json.dumps(RUNTIME))
        # The wheel leaves out the bit.
        DOTNET.chmod(0o755)

    def _compile(self, *arguments: str | Path) -> None:
        subprocess.run(
            ["mcs", "-langversion:6", "-warn:4", "-warnaserror", *map(str, arguments)], cwd=self.directory, check=True
        )

    def command(self, runtime: str, program: str) -> list[str]:
        if runtime == "mono":
            return ["mono", str(self.directory / f"{program}.exe")]
        return [str(DOTNET), str(self.directory / f"{program}.dll")]


class Programs:
    """Runs the compiled programs with the local Entra in their environment."""

    def __init__(self, build: Build, environment: dict[str, str]) -> None:
        self.build = build
        self.environment = {**environment, "LD_LIBRARY_PATH": str(build.library_directory)}

    def start(self, *arguments: str, runtime: str = "dotnet", program: str = "Tests", **variables: str) -> Running:
        return Running(
            subprocess.Popen(
                [*self.build.command(runtime, program), *arguments],
                env={**self.environment, **variables},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )

    def run(self, *arguments: str, runtime: str = "dotnet", given: str = "", **variables: str) -> list[str]:
        """What a test wrote, once it has passed."""
        return self.start(*arguments, runtime=runtime, **variables).finish(given)


class Running:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, given: str = "") -> tuple[int, str, str]:
        try:
            out, err = self.process.communicate(given, timeout=90)
        finally:
            self.process.kill()
        return self.process.returncode, out, err

    def give(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def finish(self, given: str = "") -> list[str]:
        status, out, err = self.end(given)
        assert (status, out.endswith("done\n")) == (0, True), out + err
        return out.splitlines()[:-1]


@pytest.fixture(scope="module")
def build(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return Build(tmp_path_factory.mktemp("dotnet"), library)


@pytest.fixture
def programs(build: Build, entra: Entra) -> Programs:
    """With connections in memory, and the daemon's secret at hand."""
    return Programs(
        build,
        {
            **os.environ,
            "MSAUTH_STORE": "memory",
            "MSAUTH_AUTHORITY": entra.base,
            "MSAUTH_CA_FILE": entra.ca_file,
            "MSAUTH_TENANT": entra.tenant,
            "MSAUTH_CLIENT_ID": entra.confidential_client_id,
            "TEST_CLIENT_SECRET": entra.client_secret,
        },
    )


@pytest.fixture
def public(programs: Programs, entra: Entra) -> Programs:
    """With the app that signs users in."""
    programs.environment["MSAUTH_CLIENT_ID"] = entra.client_id
    return programs


@pytest.fixture
def with_keyring(programs: Programs, keyring: Keyring) -> Programs:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        programs.environment[name] = keyring.environment[name]
    programs.environment["MSAUTH_STORE"] = "secret-service"
    return programs


@dataclass(frozen=True)
class Certificate:
    """An application's certificate, and with its key as PKCS#12."""

    crt: Path
    p12: Path
    password: str


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "app.crt", folder / "app.p12", "pass")
    key = folder / "app.key"
    for command in (
        f"req -x509 -newkey rsa:2048 -nodes -subj /CN=app -days 30 -keyout {key} -out {made.crt}",
        f"pkcs12 -export -in {made.crt} -inkey {key} -passout pass:{made.password} -out {made.p12}",
    ):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    return made


@pytest.mark.parametrize("runtime", ["dotnet", "mono"])
def test_a_client_secret_gives_a_token_that_is_held_listed_and_removed(
    programs: Programs, entra: Entra, runtime: str
) -> None:
    programs.run("client-secret", runtime=runtime)
    (request,) = entra.requests("token")
    assert request["form"]["client_secret"] == entra.client_secret


@pytest.mark.parametrize("runtime", ["dotnet", "mono"])
@pytest.mark.parametrize("secret", ["päss wörd", "€ 🔑 „”", "a" * 5000, 'a&b=c+d%20"\\'])
def test_a_secure_string_arrives_whole(programs: Programs, entra: Entra, runtime: str, secret: str) -> None:
    entra.admin("PUT", "/apps", {"client_id": entra.confidential_client_id, "secrets": [secret]})
    programs.run("connect", runtime=runtime, TEST_CLIENT_SECRET=secret)
    assert entra.requests("token")[0]["form"]["client_secret"] == secret


@pytest.mark.parametrize("runtime", ["dotnet", "mono"])
def test_an_empty_value_is_a_value(programs: Programs, entra: Entra, runtime: str) -> None:
    # An empty proxy is none; one that were left out would leave the environment's, where nobody listens.
    programs.run("past-the-proxy", runtime=runtime, HTTPS_PROXY="http://127.0.0.1:9")
    assert len(entra.requests("token")) == 1


def test_a_device_code_is_shown_once_and_signs_in(public: Programs, entra: Entra) -> None:
    running = public.start("device-code")
    entra.approve(running.line())
    assert running.finish() == [entra.user]


def test_a_sign_in_that_is_pending_has_no_expiry_and_is_resumed(public: Programs, entra: Entra) -> None:
    running = public.start("begin")
    entra.approve(running.line())
    assert running.finish("resume\n") == [entra.user]


def test_a_sign_in_is_finished_by_another_process(public: Programs, with_keyring: Programs, entra: Entra) -> None:
    running = with_keyring.start("begin")
    code = running.line()
    running.finish()
    entra.approve(code)
    # Nothing but the keyring says which application and tenant it was.
    del public.environment["MSAUTH_CLIENT_ID"], public.environment["MSAUTH_TENANT"]
    assert with_keyring.run("resume") == [entra.user]


def test_another_process_reads_the_token_from_the_keyring(with_keyring: Programs, entra: Entra) -> None:
    token = with_keyring.run("connect")
    assert with_keyring.run("keyring") == token
    assert len(entra.requests("token")) == 1


def test_a_connection_signs_in_again_as_it_did(programs: Programs) -> None:
    programs.run("again")


def test_a_refusal_is_a_value_with_a_hint_and_a_category(programs: Programs) -> None:
    programs.run("refused")


def test_dispose_ends_a_wait_of_another_thread(public: Programs) -> None:
    public.run("cancel")


def test_everything_is_freed_in_any_order(programs: Programs) -> None:
    programs.run("free")


def test_a_thousand_abandoned_operations_are_freed_by_finalizers(programs: Programs) -> None:
    programs.run("garbage")


def test_a_library_that_was_loaded_by_path_answers_to_its_soname(programs: Programs, library: Path) -> None:
    copy = programs.build.directory / "chosen.so"
    shutil.copy(library, copy)
    version = vocabulary(library)["version"]
    assert programs.run("load-by-path", LD_LIBRARY_PATH="", MSAUTH_LIBRARY=str(copy)) == [version]


CERTIFICATE_FORMS = ["string ClientCertificate", "byte[] ClientCertificateData", "object[] ClientCertificateData"]


@pytest.mark.parametrize("runtime", ["dotnet", "mono"])
@pytest.mark.parametrize("form", [*CERTIFICATE_FORMS, "securestring ClientCertificateData"])
def test_a_certificate_signs_in(
    programs: Programs, entra: Entra, certificate: Certificate, runtime: str, form: str
) -> None:
    entra.admin(
        "PUT", "/apps", {"client_id": entra.confidential_client_id, "certificates": [certificate.crt.read_text()]}
    )
    # A vault gives PKCS#12 in base64.
    value = base64.b64encode(certificate.p12.read_bytes()).decode() if "securestring" in form else str(certificate.p12)
    given = given_by(
        "string Grant Certificate",
        f"{form} {value}",
        f"securestring ClientCertificatePassword {certificate.password}",
        "string CertificateAlgorithm rs256",
        "switch SendCertificateChain True",
    )
    assert programs.run("by-parameters", runtime=runtime, given=given) == ["certificate"]
    (request,) = entra.requests("token")
    header = json.loads(base64.urlsafe_b64decode(request["form"]["client_assertion"].split(".")[0] + "=="))
    assert header["alg"] == "RS256"
    assert len(header["x5c"]) == 1


@pytest.mark.parametrize("runtime", ["dotnet", "mono"])
def test_a_browser_signs_in_at_the_address_that_the_message_has(public: Programs, entra: Entra, runtime: str) -> None:
    running = public.start("by-parameters", runtime=runtime)
    running.give(given_by("string Grant interactive", "string Browser none", f"string LoginHint {entra.user}"))
    browser = Browser(entra)
    assert browser.come_back(browser.sign_in(address_in(running.line()))).status == 200
    assert running.finish() == ["interactive"]


def test_a_redirect_is_taken_back_with_the_secret_of_the_web_application(programs: Programs, entra: Entra) -> None:
    running = programs.start("by-parameters")
    web_app = (f"string ClientId {WEB_APP}", f"string RedirectUri {REDIRECT_URI}")
    running.give(given_by("string Grant authorization_code", *web_app))
    page = Browser(entra).sign_in(address_in(running.line()))
    resume = given_by(f"securestring ClientSecret {entra.client_secret}", f"string Redirect {page.location}")
    assert running.finish(resume) == ["authorization_code"]
    assert entra.requests("token")[-1]["form"]["client_secret"] == entra.client_secret


@pytest.mark.parametrize("runtime", ["dotnet", "mono"])
def test_a_managed_identity_signs_in(programs: Programs, runtime: str) -> None:
    metadata = Metadata()
    try:
        identity = f"string ObjectId {IDENTITY['object_id']}"
        given = given_by("string Grant managed_identity", "string Service keyvault", identity)
        variables = metadata.variables("app_service")
        assert programs.run("by-parameters", runtime=runtime, given=given, **variables) == ["managed_identity"]
    finally:
        metadata.close()
    (request,) = metadata.requests
    assert (request["query"]["resource"], request["query"]["object_id"]) == (
        "https://vault.azure.net",
        IDENTITY["object_id"],
    )


def test_a_credential_is_of_an_application_or_with_its_grant_of_a_user(
    programs: Programs, entra: Entra, described: dict[str, Any]
) -> None:
    application = f"string Credential {entra.confidential_client_id} {entra.client_secret}"
    assert programs.run("by-parameters", given=given_by(application)) == ["client_secret"]
    form = entra.requests("token")[-1]["form"]
    assert (form["client_id"], form["client_secret"]) == (entra.confidential_client_id, entra.client_secret)
    if "password" not in {grant["name"] for grant in described["grants"]}:
        return
    user = f"string Credential {entra.user} {entra.password}"
    client = f"string ClientId {entra.client_id}"
    assert programs.run("by-parameters", given=given_by("string Grant password", client, user)) == ["password"]
    form = entra.requests("token")[-1]["form"]
    assert (form["client_id"], form["username"], form["password"]) == (entra.client_id, entra.user, entra.password)


def given_by(*parameters: str) -> str:
    return "".join(f"{each}\n" for each in parameters) + "\n"


def address_in(message: str) -> str:
    found = re.search(r"https://\S+", message)
    assert found is not None, message
    return found[0]


@pytest.mark.parametrize("test", ["words", "bytes", "credential"])
def test_what_is_given_becomes_what_the_library_takes(programs: Programs, test: str) -> None:
    programs.run(test)


def test_parameters_become_options(programs: Programs) -> None:
    programs.run("parameters")


def test_defaults_come_from_the_preference_then_from_the_environment(programs: Programs) -> None:
    programs.run("defaults")


def test_a_session_keeps_a_client_for_each_set_of_defaults(programs: Programs) -> None:
    programs.run("session")


# The example


@pytest.mark.parametrize("runtime", ["mono", "dotnet"])
def test_the_example_prints_the_token_of_a_connection(with_keyring: Programs, entra: Entra, runtime: str) -> None:
    token = with_keyring.run("connect")
    status, out, err = with_keyring.start("ci", runtime=runtime, program="Token").end()
    assert (status, out.splitlines(), err) == (0, token, "")
    assert len(entra.requests("token")) == 1


@pytest.mark.parametrize("runtime", ["mono", "dotnet"])
def test_the_example_says_what_is_missing(programs: Programs, library: Path, runtime: str) -> None:
    status, out, err = programs.start("nobody", runtime=runtime, program="Token").end()
    numbers = {each["name"]: each["number"] for each in vocabulary(library)["statuses"]}
    assert (status, out) == (numbers["not_found"], "")
    assert "nobody" in err


# The names


def vocabulary(library: Path) -> dict[str, Any]:
    loaded = ctypes.CDLL(str(library))
    loaded.msauth_describe.restype = ctypes.c_char_p
    return dict(json.loads(loaded.msauth_describe()))


@pytest.fixture(scope="module")
def described(library: Path) -> dict[str, Any]:
    return vocabulary(library)


@pytest.fixture
def named(programs: Programs) -> dict[str, list[str]]:
    """What the C# classes know by name."""
    lines = [line.split(" ") for line in programs.run("vocabulary")]
    return {line[0]: line[1:] for line in lines}


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_the_module_knows_every_option(named: dict[str, list[str]], described: dict[str, Any]) -> None:
    assert named["options"] == [option["name"] for option in described["options"]]


def test_the_module_knows_every_environment_variable(named: dict[str, list[str]], described: dict[str, Any]) -> None:
    variables = [f"{o['name']}={o['environment']}" for o in described["options"] if "environment" in o]
    assert named["environment"] == variables


def test_the_module_knows_what_is_a_path_and_what_words_there_are(
    named: dict[str, list[str]], described: dict[str, Any]
) -> None:
    options = described["options"]
    assert named["paths"] == [option["name"] for option in options if option["kind"] == "path"]
    words = {f"words:{option['name']}": option["words"] for option in options if option["kind"] == "word"}
    assert {name: each for name, each in named.items() if name.startswith("words:")} == words


@pytest.mark.parametrize("kind", ["token", "connection", "error"])
def test_every_field_is_a_property_or_withheld_for_a_reason(
    named: dict[str, list[str]], described: dict[str, Any], kind: str
) -> None:
    fields = {field["name"] for field in described["fields"][kind]}
    properties = set(named[kind])
    assert {(kind, name) for name in fields if pascal(name) not in properties} == {
        withheld for withheld in WITHHELD if withheld[0] == kind
    }


def test_every_status_has_a_category_of_powershell(programs: Programs, described: dict[str, Any]) -> None:
    numbers = [status["number"] for status in described["statuses"] if status["number"] > 0]
    lines = programs.run("statuses", given="".join(f"{number}\n" for number in numbers))
    categories = {int(number): category for number, category in (line.split() for line in lines)}
    assert list(categories) == numbers
    assert {category for category in categories.values() if category not in CATEGORIES} == set()
    assert [number for number, category in categories.items() if category == "NotSpecified"] == []


def test_every_status_is_mapped_by_itself(described: dict[str, Any]) -> None:
    mapped = re.findall(r"case (\d+): return", source("MSAuth.cs").split("CategoryOfTen(int ten)")[0])
    assert [int(number) for number in mapped] == [
        each["number"] for each in described["statuses"] if each["number"] > 0
    ]


def test_a_status_of_a_later_release_has_the_category_of_its_ten(programs: Programs) -> None:
    assert programs.run("statuses", given="19\n29\n39\n49\n59\n99\n") == [
        "19 AuthenticationError",
        "29 ConnectionError",
        "39 AuthenticationError",
        "49 ResourceUnavailable",
        "59 ResourceUnavailable",
        "99 NotSpecified",
    ]


def test_every_import_is_in_the_header_with_as_many_parameters() -> None:
    header = re.sub(r"/\*.*?\*/", "", (ROOT / "include/msauth.h").read_text(), flags=re.DOTALL)
    declared = {name: count(text) for name, text in re.findall(r"(msauth_\w+)\(([^)]*)\);", header)}
    imported = {
        name: count(text)
        for name, text in re.findall(r"static extern \w+ (msauth_\w+)\(([^)]*)\);", source("MSAuth.cs"))
    }
    assert len(imported) > 20
    assert {name: number for name, number in imported.items() if declared.get(name) != number} == {}


def count(parameters: str) -> int:
    return 0 if parameters.strip() in ("", "void") else parameters.count(",") + 1


# The script


def source(name: str) -> str:
    return (MODULE / name).read_text()


def parsed(path: Path) -> tree_sitter.Node:
    """The grammar does not know what PowerShell 7 added, so the scripts do without."""
    language = tree_sitter.Language(tree_sitter_powershell.language())
    return tree_sitter.Parser(language).parse(path.read_bytes()).root_node


def nodes(node: tree_sitter.Node, kind: str) -> Iterator[tree_sitter.Node]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


class Function:
    """A function as it is written: its name, parameters and comment-based help."""

    def __init__(self, node: tree_sitter.Node) -> None:
        self.name = text(next(nodes(node, "function_name")))
        self.help = next((text(each) for each in nodes(node, "comment") if text(each).startswith("<#")), "")
        self.body = text(node).partition("\n    )\n")[2]
        self.parameters = {
            text(next(each for each in parameter.children if each.type == "variable"))[1:]: parameter
            for parameter in nodes(node, "script_parameter")
        }

    def helped(self, keyword: str) -> list[str]:
        return re.findall(rf"^ *\.{keyword} (\S+)$", self.help, re.MULTILINE)

    def section(self, heading: str) -> str:
        """The text under a heading such as `.PARAMETER Name`."""
        found = re.search(rf"^ *\.{heading}\n(.*?)(?=^ *\.[A-Z]+|#>)", self.help, re.MULTILINE | re.DOTALL)
        return found[1].strip() if found else ""


@pytest.fixture(scope="module")
def functions() -> dict[str, Function]:
    found = [Function(node) for node in nodes(parsed(MODULE / "MSAuth.psm1"), "function_statement")]
    return {function.name: function for function in found}


def exported() -> list[str]:
    listed = re.search(r"FunctionsToExport\s*=\s*@\(([^)]*)\)", source("MSAuth.psd1"))
    assert listed is not None
    return re.findall(r"'([^']+)'", listed[1])


@pytest.mark.parametrize(
    "script",
    [MODULE / "MSAuth.psm1", MODULE / "MSAuth.psd1", *sorted(PESTER.glob("*.ps1"))],
    ids=lambda path: str(path.name),
)
def test_a_script_parses(script: Path) -> None:
    assert [text(node)[:80] for node in nodes(parsed(script), "ERROR")] == []
    assert not parsed(script).has_error


def test_what_the_manifest_exports_is_what_the_module_and_its_tests_have(functions: dict[str, Function]) -> None:
    public = [name for name in functions if name.endswith(("-MSAuth", "-MSAuthToken", "-MSAuthConnection"))]
    assert sorted(exported()) == sorted(public) == sorted(CALLS)
    tested = {
        subject
        for script in PESTER.glob("*.Tests.ps1")
        for subject in re.findall(r"^Describe '([A-Z][a-z]+-MSAuth\w*)'", script.read_text(), re.MULTILINE)
    }
    assert tested == set(exported())


def test_the_manifest_has_the_librarys_version_and_lists_the_files(described: dict[str, Any]) -> None:
    manifest = source("MSAuth.psd1")
    assert f"ModuleVersion        = '{described['version']}'" in manifest
    listed = re.search(r"FileList\s*=\s*@\(([^)]*)\)", manifest)
    assert listed is not None
    files = {str(path.relative_to(MODULE)) for path in MODULE.rglob("*") if path.is_file()} - {"MSAuth.dll"}
    assert set(re.findall(r"'([^']+)'", listed[1])) == files


@pytest.mark.parametrize("name", exported())
def test_a_command_has_help_for_itself_and_each_parameter(functions: dict[str, Function], name: str) -> None:
    function = functions[name]
    assert function.helped("PARAMETER") == list(function.parameters)
    headings = ["SYNOPSIS", "DESCRIPTION", *(f"PARAMETER {parameter}" for parameter in function.parameters)]
    assert [heading for heading in headings if not function.section(heading)] == []
    assert re.search(r"^ *\.EXAMPLE\n", function.help, re.MULTILINE)


@pytest.mark.parametrize("name", exported())
def test_every_option_of_a_command_is_a_parameter(
    functions: dict[str, Function], described: dict[str, Any], name: str
) -> None:
    # A flag that is true by default is a switch that says no.
    wanted = {
        ("No" if option["kind"] == "flag" and option["default"] == "true" else "") + pascal(option["name"])
        for option in described["options"]
        if set(option["calls"]) & set(CALLS[name])
    }
    assert set(functions[name].parameters) - set(OWN_PARAMETERS) == wanted


@pytest.mark.parametrize("name", exported())
def test_a_parameter_has_the_type_of_its_option(
    functions: dict[str, Function], described: dict[str, Any], name: str
) -> None:
    types = {"flag": "switch", "list": "string[]", "seconds": "int", "number": "int", "secret": "securestring"}
    types["bytes"] = "object"
    kinds = {pascal(option["name"]): option["kind"] for option in described["options"]}
    for parameter, node in functions[name].parameters.items():
        if parameter in OWN_PARAMETERS:
            continue
        kind = kinds.get(parameter) or kinds[parameter.removeprefix("No")]
        literals = [text(each) for each in nodes(node, "type_literal")]
        # What a browser came back with is pasted.
        wanted = "string" if parameter == "Redirect" else types.get(kind, "string")
        assert literals[-1] == f"[{wanted}]", parameter


@pytest.mark.parametrize("name", exported())
def test_a_parameter_offers_the_words_of_its_option(
    functions: dict[str, Function], described: dict[str, Any], name: str
) -> None:
    words = {pascal(option["name"]): option["words"] for option in described["options"] if option["kind"] == "word"}
    offered = {}
    for parameter, node in functions[name].parameters.items():
        for attribute in nodes(node, "attribute"):
            if text(attribute).startswith("[ValidateSet("):
                offered[parameter] = re.findall(r"'([^']*)'", text(attribute))
    assert offered == {parameter: words[parameter] for parameter in functions[name].parameters if parameter in words}


def parameter_sets(parameter: tree_sitter.Node) -> set[str]:
    return set(re.findall(r"ParameterSetName = '(\w+)'", text(parameter)))


def test_what_a_sign_in_by_device_code_or_a_resumption_has_no_use_for_is_refused(
    functions: dict[str, Function], described: dict[str, Any]
) -> None:
    parameters = functions["Connect-MSAuth"].parameters
    assert parameter_sets(parameters["DeviceCode"]) == {"DeviceCode"}
    assert parameter_sets(parameters["Resume"]) == {"Resume"}
    assert parameter_sets(parameters["Credential"]) == {"Grant"}
    assert parameter_sets(parameters["Grant"]) == {"Grant"}
    assert parameter_sets(parameters["ClientSecret"]) == {"Grant", "Resume"}
    assert parameter_sets(parameters["ClientId"]) == parameter_sets(parameters["NoWait"]) == {"Grant", "DeviceCode"}
    assert parameter_sets(parameters["Redirect"]) == {"Resume"}
    # Those of no set are of all.
    assert parameter_sets(parameters["Timeout"]) == parameter_sets(parameters["Name"]) == set()
    for option in described["options"]:
        of_other_grants = option["grants"] and "device_code" not in option["grants"]
        if "connect" in option["calls"] and of_other_grants and pascal(option["name"]) in parameters:
            assert "DeviceCode" not in parameter_sets(parameters[pascal(option["name"])]), option["name"]


@pytest.mark.parametrize("name", exported())
def test_no_variable_of_a_function_is_called_like_a_parameter(functions: dict[str, Function], name: str) -> None:
    function = functions[name]
    assigned = set(re.findall(r"^ +\$(\w+) = ", function.body, re.MULTILINE))
    assert "answer" in assigned
    assert assigned & {parameter.lower() for parameter in function.parameters} == set()


# The generator


@pytest.fixture(scope="module")
def generator() -> Any:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "bindings/powershell/generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "make"), [("MSAuth.psm1", "script"), ("MSAuth.cs", "layer")])
def test_the_module_is_what_is_made_of_this_vocabulary(
    generator: Any, described: dict[str, Any], name: str, make: str
) -> None:
    assert getattr(generator, make)(source(name), described) == source(name)


def option_of(name: str, kind: str, help: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "calls": ["connect"], "grants": ["new_grant"], "help": help, **more}


def test_a_vocabulary_that_grows_is_taken_up_and_one_that_shrinks_is_given_up(
    generator: Any, described: dict[str, Any], tmp_path: Path
) -> None:
    grown = {
        **described,
        "options": [
            *described["options"],
            option_of("new_secret", "secret", "what nobody knows"),
            option_of("new_file", "path", "a file instead of new_secret", calls=["connect", "acquire"]),
            option_of("new_habit", "flag", "do it always", default="true"),
            option_of("new_word", "word", "one of two", words=["this", "that-one"]),
            option_of("new_time", "seconds", "how long, " + "and long " * 12 + ".default"),
        ],
    }
    made = generator.script(source("MSAuth.psm1"), grown)
    (tmp_path / "grown.psm1").write_text(made)
    root = parsed(tmp_path / "grown.psm1")
    assert not root.has_error
    found = {each.name: each for each in map(Function, nodes(root, "function_statement"))}
    connect = found["Connect-MSAuth"]
    assert connect.helped("PARAMETER") == list(connect.parameters)
    kinds = {name: text(list(nodes(node, "type_literal"))[-1]) for name, node in connect.parameters.items()}
    assert kinds["NewSecret"] == "[securestring]"
    assert kinds["NoNewHabit"] == "[switch]"
    assert "[ValidateSet('this', 'that-one')]" in text(connect.parameters["NewWord"])
    assert connect.section("PARAMETER NewFile") == "A file instead of -NewSecret. For the grant new_grant."
    assert connect.section("PARAMETER NoNewHabit").startswith("Turns off: do it always.")
    assert list(found["Get-MSAuthToken"].parameters)[-1] == "NewFile"
    # A line that begins with a dot would be a heading.
    headings = {line.split()[0] for line in connect.help.splitlines() if line.lstrip().startswith(".")}
    assert headings <= {".SYNOPSIS", ".DESCRIPTION", ".PARAMETER", ".EXAMPLE", ".OUTPUTS", ".LINK"}
    assert re.search(r"and\n        long \.default\. In seconds\.", connect.help)

    layer = generator.layer(source("MSAuth.cs"), grown)
    assert '"new_file"' in layer
    assert generator.script(made, described) == source("MSAuth.psm1")
    assert generator.layer(layer, described) == source("MSAuth.cs")


@pytest.mark.parametrize("name", ["credential", "resume", "verbose", "error_action", "host"])
def test_an_option_that_is_called_like_a_parameter_of_another_meaning_is_refused(
    generator: Any, described: dict[str, Any], name: str
) -> None:
    grown = {**described, "options": [*described["options"], option_of(name, "text", "something else")]}
    with pytest.raises(SystemExit, match=name.replace("_", "")):
        generator.script(source("MSAuth.psm1"), grown)


def test_help_of_its_own_is_of_a_parameter_that_there_is(generator: Any, functions: dict[str, Function]) -> None:
    for name, known in generator.KNOWN_HELP.items():
        assert [parameter for parameter in known if parameter not in functions[name].parameters] == []


def test_the_help_names_every_setting_and_variable(described: dict[str, Any]) -> None:
    about = source("en-US/about_MSAuth.help.txt")
    for option in described["options"]:
        if option["calls"] == ["client"]:
            assert re.search(rf"\b{pascal(option['name'])}\b", about), option["name"]
        assert option.get("environment", "") in about


def test_the_table_shows_properties_that_a_connection_has(named: dict[str, list[str]]) -> None:
    view = ElementTree.parse(MODULE / "MSAuth.format.ps1xml").getroot()
    shown = {each.text for each in view.iter("PropertyName")}
    for script in view.iter("ScriptBlock"):
        shown |= set(re.findall(r"\$_\.(\w+)", script.text or ""))
    assert shown and shown <= set(named["connection"])
    assert len(list(view.iter("TableColumnHeader"))) == len(list(view.iter("TableColumnItem")))


def test_the_script_calls_what_the_layer_has() -> None:
    script = re.sub(r"<#.*?#>", "", source("MSAuth.psm1"), flags=re.DOTALL)
    classes = set(re.findall(r"\[MSAuth\.(\w+)\]", script))
    assert classes <= set(re.findall(r"public (?:sealed|static) class (\w+)", source("MSAuth.cs")))
    # Calls of the .NET and PowerShell objects that the script also has.
    others = {"Exists", "GetValue", "LoadFrom", "TryLoad", "ThrowTerminatingError", "WriteError", "ShouldProcess"}
    others |= {"ContainsWildcardCharacters", "GetUnresolvedProviderPathFromPSPath", "new"}
    called = set(re.findall(r"[\w\]](?:\.|::)(\w+)\(", script)) - others
    assert {"Client", "Connect", "Resume", "Acquire", "List", "Disconnect", "Wait", "From", "AddCredential"} <= called
    assert called <= set(re.findall(r"public (?:static )?\w+ (\w+)\(", source("MSAuth.cs")))
