"""The Jinja environment of the house: filters, globals, language."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from foundation import clock, i18n, static_files
from foundation.errors import Refusal
from foundation.money import Money
from foundation.settings import ROOT, current

TEMPLATES = ROOT / "frontend_templates"


@cache
def environment() -> Environment:
    """One environment for pages, fragments and mails; autoescape on, unknown names are errors."""
    compiled = current().cache_path / "templates"
    compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=FileSystemBytecodeCache(str(compiled)),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    env.filters.update(
        money=i18n.money,
        amount=i18n.amount,
        number=i18n.number,
        percent_bp=i18n.percent_bp,
        day=i18n.day,
        month=i18n.month,
        weekday=i18n.weekday,
        near_day=i18n.near_day,
        figure=i18n.figure,
        country=i18n.country,
        clock_time=i18n.clock_time,
        moment=i18n.moment,
        since=i18n.since,
        duration=i18n.duration,
        urlencoded=lambda value: quote(str(value), safe=""),
        sentence=sentence,
    )
    env.globals.update(
        static=static_files.static,
        media=media,
        sources=sources,
        full_address=full_address,
        Money=Money,
        now=clock.now,
        query=urlencode,
        N_=i18n._,
    )
    return env


def render(template: str, **context: object) -> str:
    """The whole template as text."""
    return environment().get_template(template).render(context)


def render_block(template: str, block: str, **context: object) -> str:
    """One named block of a full-page template, for HTMX and for pushed fragments. Raises `KeyError` for an unknown block."""
    loaded = environment().get_template(template)
    return "".join(loaded.blocks[block](loaded.new_context(context)))


def media(path: str, width: int | None = None) -> str:
    """The address of an uploaded or drawn picture; `width` in CSS pixels picks a smaller copy where there is one."""
    return f"/media/{quote(path)}" + (f"?w={width}" if width else "")


def sources(address: str | None, *widths: int) -> str:
    """What `srcset` says of an uploaded or drawn picture: one copy for each width in CSS pixels. Empty for pictures of others."""
    if not address or not address.startswith("/media/"):
        return ""
    path = address.partition("?")[0]
    return ", ".join(f"{path}?w={width} {width}w" for width in widths)


def full_address(path: str) -> str:
    """The address of one of our paths with scheme and host; what has them already stays as it is."""
    return path if "://" in path else current().base_url + quote(path, safe="/?=&%@:")


def sentence(refusal: Refusal) -> Markup | str:
    """What a refusal says, in the language of the request."""
    return i18n.translate(refusal.message, **refusal.data)
