"""The frame of every page, with nothing in it that comes from elsewhere."""

from __future__ import annotations

from html import escape

from aiohttp import web

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f2f2f2; color: #1b1b1b; }
main { max-width: 26rem; margin: 3rem auto; padding: 2rem; background: #fff; }
h1 { font-size: 1.5rem; margin-top: 0; }
label { display: block; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
button { font: inherit; padding: .4rem 1.5rem; }
.problem { color: #a80000; }
footer { color: #595959; font-size: .875rem; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"


def text(value: str) -> str:
    return escape(value, quote=True)


def page(title: str, body: str, problem: str = "") -> str:
    alert = f'<p class="problem" role="alert">{text(problem)}</p>' if problem else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{text(title)}</h1>
{alert}{body}
<footer>This is a local emulator of Entra ID. Type no real password here.</footer>
</main>
</body>
</html>
"""


def field(name: str, label: str, value: str, autocomplete: str, kind: str = "text") -> str:
    return (f'<p><label for="{name}">{text(label)}</label>'
            f'<input id="{name}" name="{name}" type="{kind}" value="{text(value)}" autocomplete="{autocomplete}" '
            f'required></p>')


def hidden(values: dict[str, str]) -> str:
    return "".join(f'<input type="hidden" name="{text(name)}" value="{text(value)}">'
                   for name, value in values.items())


def html(content: str, status: int = 200) -> web.Response:
    return web.Response(text=content, status=status, content_type="text/html", charset="utf-8",
                        headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"})
