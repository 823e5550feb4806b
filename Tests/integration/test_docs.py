"""The pages say what the library does: each grant's page is checked against msauth_describe(), each example is read.

A page of docs/grants has a title, what the grant is for, and these sections: Options (a table), The shell, Python, C,
PowerShell, more if it likes, and Errors (a table).
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from binding import msauth
from conftest import ROOT
from msauth import vocabulary

DESCRIBED = msauth.describe()
OPTIONS: dict[str, dict[str, Any]] = {option["name"]: option for option in DESCRIBED["options"]}
GRANTS: dict[str, dict[str, Any]] = {grant["name"]: grant for grant in DESCRIBED["grants"]}
STATUSES = {status["name"] for status in DESCRIBED["statuses"]}
FOLDER = ROOT / "docs/grants"
SECTIONS = ["Options", "The shell", "Python", "C", "PowerShell", "Errors"]
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)
)
NAME = re.compile(r"`([a-z][a-z0-9_]*)`")
# What an example in C may use without declaring it.
ASSUMED = """
#include <msauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
void example(msauth_client *client, msauth_options *options, msauth_options *answer, msauth_operation *operation,
             msauth_token *token, msauth_error *error, msauth_status status, const char *id, const char *name,
             const char *secret, const char *key, const char *password, const char *address, const char *assertion,
             const char *pfx, size_t pfx_length);
"""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ---- The pages of the grants


def sections(text: str) -> dict[str, str]:
    """What stands under each heading of the second level, in their order; under "" what comes before."""
    parts = re.split(r"^## (.*)$", without_code(text, keep=True), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def without_code(text: str, keep: bool = False) -> str:
    """Without fenced examples; or with them, but with no line in them that looks like a heading."""
    return re.sub(
        r"^```.*?^```$",
        lambda found: found[0].replace("\n#", "\n #") if keep else "",
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def table(text: str) -> list[list[str]]:
    """The cells of the first table, without its heading."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def problems(grant: str, text: str) -> list[str]:
    """What is wrong with the page of a grant."""
    return [*_of_shape(grant, text), *_of_options(grant, sections(text)), *_of_errors(sections(text))]


def _of_shape(grant: str, text: str) -> Iterator[str]:
    title = text.splitlines()[0] if text else ""
    if not title.startswith(f"# `{grant}`: "):
        yield f"the title is {title!r}: it must begin with '# `{grant}`: ' and say what signs in, by what"
    found = sections(text)
    if len(found[""].split()) < 20:
        yield "before the first section it must say when to use this grant"
    given = [heading for heading in found if heading in SECTIONS]
    if given != SECTIONS:
        yield f"the sections are {given}: they must be {SECTIONS}, in this order (others may stand before Errors)"
    elif list(found)[1:6] != SECTIONS[:5] or list(found)[-1] != "Errors":
        yield f"the sections are {list(found)[1:]}: others may stand between PowerShell and Errors alone"
    for heading, language in (("The shell", "sh"), ("Python", "python"), ("C", "c"), ("PowerShell", "powershell")):
        section = found.get(heading, "")
        has_file = language == "c" and "bindings/c/examples/" in section
        if heading in found and not fenced(section, language) and not has_file:
            yield f"the section {heading!r} has no example: it is fenced by ```{language}"


def _of_options(grant: str, found: dict[str, str]) -> Iterator[str]:
    rows = table(found.get("Options", ""))
    if not rows:
        yield "the section 'Options' has no table"
        return
    required: list[str] = GRANTS[grant]["required"]
    listed: list[str] = []
    for names, *cells in rows:
        row = NAME.findall(names)
        if not row:
            yield f"the row {names!r} of the options names none: a name stands in backticks"
        listed += row
        is_marked = bool(cells) and re.search(r"\brequired\b", cells[0]) is not None
        for each in row:
            if each not in OPTIONS:
                yield f"the option `{each}` does not exist"
            elif is_marked and each not in required:
                yield f"the option `{each}` is not required, and its row says 'required'"
            elif not is_marked and each in required:
                yield f"the option `{each}` is required: its row must say so, by the word 'required'"
            elif OPTIONS[each]["grants"] and grant not in OPTIONS[each]["grants"]:
                yield f"the option `{each}` is not one of this grant, but of {', '.join(OPTIONS[each]['grants'])}"
    own = [name for name, option in OPTIONS.items() if grant in option["grants"]]
    explained = {*listed, *_explained_elsewhere(rows)}
    for each in dict.fromkeys([*required, *own]):
        if each not in explained:
            yield f"the option `{each}` has no row among the options: {OPTIONS[each]['help']}"
    for each in sorted({each for each in listed if listed.count(each) > 1}):
        yield f"the option `{each}` has two rows"


def _explained_elsewhere(rows: list[list[str]]) -> Iterator[str]:
    """The options of the pages that a row sends its reader to: a credential's are told once, where it is a grant."""
    for _, *cells in rows:
        for grant in re.findall(r"\]\((\w+)\.md\)", " ".join(cells)):
            page = FOLDER / f"{grant}.md"
            for names, *_ in table(sections(page.read_text()).get("Options", "")) if page.exists() else []:
                yield from NAME.findall(names)


def _of_errors(found: dict[str, str]) -> Iterator[str]:
    rows = table(found.get("Errors", ""))
    if not rows:
        yield "the section 'Errors' has no table"
    for statuses, *_ in rows:
        row = NAME.findall(statuses)
        if not row:
            yield f"the row {statuses!r} of the errors names no status: it stands in backticks, as `not_found`"
        for each in row:
            if each not in STATUSES:
                yield f"the status `{each}` does not exist"


@pytest.mark.parametrize("grant", GRANTS)
def test_each_grant_has_a_page_that_agrees_with_the_library(grant: str) -> None:
    page = FOLDER / f"{grant}.md"
    assert page.exists(), f"docs/grants/{grant}.md is missing: see docs/grants/client_secret.md for what it has"
    found = [f"docs/grants/{grant}.md: {each}" for each in problems(grant, page.read_text())]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_each_page_is_a_grant() -> None:
    assert {page.stem for page in FOLDER.glob("*.md")} <= set(GRANTS)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text.replace("# `client_secret`: ", "# client_secret\n"), "the title is"),
        (lambda text: text.replace("## Python", "## Snakes"), "the sections are"),
        (lambda text: text.replace("## Errors", "## Errors\n\n## More"), "between PowerShell and Errors alone"),
        (lambda text: text.replace("```python", "```text"), "the section 'Python' has no example"),
        (lambda text: re.sub(r"\| `keep_credentials.*\n", "", text), "`keep_credentials` has no row"),
        (lambda text: text.replace("| `keep_credentials`", "| `keep_credential`"), "`keep_credential` does not exist"),
        (lambda text: text.replace("| `keep_credentials`", "| `browser`"), "`browser` is not one of this grant"),
        (lambda text: text.replace("required", ""), "`client_secret` is required"),
        (lambda text: text.replace("| `keep_credentials` | ", "| `keep_credentials` | required; "), "is not required"),
        (lambda text: text.replace("| `bad_credential` ", "| `bad_password` "), "`bad_password` does not exist"),
        (lambda text: text[: text.index("## Errors")] + "## Errors\n", "'Errors' has no table"),
    ],
)
def test_what_is_wrong_is_said(change: Callable[[str], str], problem: str) -> None:
    right = (FOLDER / "client_secret.md").read_text()
    assert problems("client_secret", right) == []
    assert problem in "\n".join(problems("client_secret", change(right)))


def test_the_readme_has_a_row_for_each_grant() -> None:
    text = (ROOT / "README.md").read_text()
    rows = {row[0]: row for row in table(text[text.index("\n## Grants") :])}
    for name, grant in GRANTS.items():
        row = rows.get(f"[`{name}`](docs/grants/{name}.md)")
        assert row is not None, f"README.md, table of grants: no row begins with [`{name}`](docs/grants/{name}.md)"
        missing = [each for each in grant["required"] if f"`{each}`" not in row[2]]
        assert not missing, f"README.md, table of grants: the row of {name} does not say that it needs {missing}"


# ---- Links


def anchors(page: Path) -> set[str]:
    """The names of a page's headings in an address, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", without_code(page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = page.parent / path if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert broken == []


# ---- Examples


def examples(language: str) -> list[Any]:
    return [
        pytest.param(page, example, id=f"{name_of(page)}-{number}")
        for page in PAGES
        for number, example in enumerate(fenced(page.read_text(), language), 1)
    ]


@pytest.mark.parametrize(("page", "example"), examples("c"))
def test_examples_in_c_compile(page: Path, example: str) -> None:
    if "#include" in example:
        program = example
    else:
        program = ASSUMED.rstrip().removesuffix(";") + " {{\n" + f"#line 1 {str(page.name)!r}\n".replace("'", '"')
        program += example + "}}\n"
    done = subprocess.run(
        ["gcc", "-std=c99", "-Wall", "-Werror", "-fsyntax-only", "-D_GNU_SOURCE", f"-I{ROOT}/include", "-xc", "-"],
        input=program,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stderr}\nAn example may use what it declares, and:\n{ASSUMED}"
    for name, value in re.findall(r'msauth_options_set(?:_bytes)?\(\w+, "(\w+)", (?:"([^"]*)")?', example):
        check_option(name, value)


def check_option(name: str, value: object) -> None:
    assert name in OPTIONS, f"there is no option {name!r}"
    words = OPTIONS[name].get("words")
    assert not words or not isinstance(value, str) or not value or value in words


@pytest.mark.parametrize(("page", "example"), examples("python"))
def test_examples_in_python_are_python(page: Path, example: str) -> None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree: ast.AST = compile(example, page.name, "exec", flags=flags)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            known = KEYWORDS.get(call.func.attr, set())
            for keyword in call.keywords:
                if known and keyword.arg is not None:
                    assert keyword.arg in known, f"{call.func.attr}() does not take {keyword.arg}"
                    if keyword.arg in OPTIONS:
                        check_option(keyword.arg, getattr(keyword.value, "value", None))


KEYWORDS = {
    "Client": set(vocabulary.ClientOptions.__annotations__),
    "connect": {*vocabulary.ConnectOptions.__annotations__, "wait", "on_prompt"},
    "acquire": set(vocabulary.AcquireOptions.__annotations__),
    "resume": {*vocabulary.ResumeOptions.__annotations__, "on_prompt"},
}


def flags_of(cli: Path, command: str) -> set[str]:
    done = subprocess.run([cli, "help", command], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"there is no command {command!r}"
    found = re.findall(r"^ +(?:-\w, )?--(\[no-\])?([a-z][a-z-]*)", done.stdout, flags=re.MULTILINE)
    return {f"--{name}" for _, name in found} | {f"--no-{name}" for negated, name in found if negated} | {"--help"}


@pytest.mark.parametrize(("page", "example"), examples("sh"))
def test_examples_for_the_shell_have_flags_that_exist(cli: Path, page: Path, example: str) -> None:
    done = subprocess.run(["bash", "-n"], input=example, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = re.sub(r"\\\n", " ", re.sub(r"(^|\s)#.*", "", example))
    for command, words in re.findall(r"\bmsauth ([a-z]+)([^|;&)\n]*)", lines):
        known = flags_of(cli, command)
        given = re.findall(r"(?<!\S)(--[a-z][a-z-]*)(?:[= ]([\w:./@-]+))?", words)
        unknown = [flag for flag, _ in given if flag not in known]
        assert not unknown, f"{page.name}: msauth {command} has no {unknown}"
        for flag, value in given:
            name = flag.removeprefix("--").removeprefix("no-").replace("-", "_")
            if name in OPTIONS:  # some flags are the command's own, such as --header
                check_option(name, value)


def test_examples_were_found() -> None:
    for language in ("c", "python", "sh"):
        assert len(examples(language)) >= len(GRANTS) - 1
