"""English and French: which one a person reads, the catalogues, and money, numbers and dates as they are written there."""

from __future__ import annotations

import gettext as gettext_module
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from foundation import clock
from foundation.money import Money, decimals
from foundation.settings import ROOT

LOCALES = ("en", "fr")
CATALOGUES = ROOT / "frontend_templates" / "locale"
_BABEL = {"en": Locale("en", "IE"), "fr": Locale("fr", "FR")}  # English with day before month, and the euro

locale: ContextVar[str] = ContextVar("locale", default="en")
time_zone: ContextVar[str] = ContextVar("time_zone", default="Europe/Paris")


def _(msgid: str) -> str:
    """Mark a sentence for translation; it is translated when it is shown."""
    return msgid


def translate(msgid: str, /, **fields: object) -> str:
    """The sentence in the language of the current request, its `%(name)s` fields filled."""
    text = _translations(locale.get()).gettext(msgid)
    return text % {name: _shown(value) for name, value in fields.items()} if fields else text


def gettext(msgid: str) -> str:
    return _translations(locale.get()).gettext(msgid)


def ngettext(singular: str, plural: str, count: int) -> str:
    return _translations(locale.get()).ngettext(singular, plural, count)


def pgettext(context: str, msgid: str) -> str:
    return _translations(locale.get()).pgettext(context, msgid)


def npgettext(context: str, singular: str, plural: str, count: int) -> str:
    return _translations(locale.get()).npgettext(context, singular, plural, count)


def negotiate(*wishes: str | None, header: str = "") -> str:
    """The first wish that we speak, then the browser's `Accept-Language`, then English."""
    for wish in wishes:
        if wish in LOCALES:
            return wish
    accepted = [part.split(";")[0].strip().replace("-", "_") for part in header[:200].split(",")]
    found = negotiate_locale([part for part in accepted if part], list(LOCALES)) or "en"
    return found.split("_")[0]


def _shown(value: object) -> object:
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    return value


def money(amount: Money) -> str:
    """`€1,234.56` or `1 234,56 €` with no-break spaces and a true minus sign."""
    text = numbers.format_currency(amount.decimal(), amount.currency, locale=_babel())
    return text.replace("-", "\u2212")


def amount(value: Money) -> str:
    """The same without its currency sign, for the columns of a ledger table."""
    digits = decimals(value.currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return numbers.format_decimal(value.decimal(), format=pattern, locale=_babel()).replace("-", "\u2212")


def number(value: float) -> str:
    return numbers.format_decimal(value, locale=_babel())


def figure(text: str) -> str:
    """A decimal number as the reader writes it, with all its digits."""
    return text.replace(".", numbers.get_decimal_symbol(_babel()))


def country(code: str) -> str:
    """The name of a country, or its code when it has none."""
    return str(_babel().territories.get(code, code))


def percent_bp(basis_points: int) -> str:
    """1250 basis points as `12.5%` or `12,5 %`."""
    return numbers.format_percent(basis_points / 10_000, locale=_babel(), decimal_quantization=False)


def day(value: date | datetime | str, style: str = "medium") -> str:
    """The day, in the person's time zone when it is a moment; a text is an ISO date."""
    value = date.fromisoformat(value) if isinstance(value, str) else value
    text = dates.format_date(_here(value) if isinstance(value, datetime) else value, format=style, locale=_babel())
    return text.replace(" ", "\u00a0") if style == "d MMM" else text


def month(value: str) -> str:
    """`2026-11` as `November 2026`."""
    return dates.format_date(date.fromisoformat(f"{value}-01"), "LLLL y", locale=_babel())


def weekday(value: datetime) -> str:
    return dates.format_datetime(_here(value), "EEEE", locale=_babel())


def near_day(value: datetime) -> str:
    """`Today`, `Tomorrow`, the weekday within a week, else the day and its month."""
    away = (_here(value).date() - _here(clock.now()).date()).days
    if away in (0, 1):
        return gettext(_("Tomorrow") if away else _("Today"))
    return weekday(value).capitalize() if 1 < away < 7 else day(value, "d MMM")


def clock_time(value: datetime) -> str:
    """`20:30`, in French `20 h 30`."""
    pattern = "HH 'h' mm" if locale.get() == "fr" else "HH:mm"
    return dates.format_datetime(_here(value), pattern, locale=_babel()).replace(" ", "\u00a0")


def moment(value: datetime) -> str:
    """Day and time in the person's time zone."""
    return f"{day(value)}, {clock_time(value)}"


def since(value: datetime) -> str:
    """`3 minutes ago`, `in 2 days`."""
    return dates.format_timedelta(value - clock.now(), add_direction=True, locale=_babel())


def duration(seconds: int | timedelta) -> str:
    """`48:12` or `1:04:30`."""
    total = int(seconds.total_seconds()) if isinstance(seconds, timedelta) else seconds
    hours, rest = divmod(total, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _here(value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(time_zone.get()))


def _babel() -> Locale:
    return _BABEL[locale.get()]


class _Translations(gettext_module.NullTranslations):
    """The PO files of one language, read directly."""

    def __init__(self, catalogue: Catalog) -> None:
        super().__init__()
        self._catalogue = catalogue

    def gettext(self, message: str) -> str:
        return self._find(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._plural(msgid1, n) or (msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._find(message, context) or message

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self._plural(msgid1, n, context) or (msgid1 if n == 1 else msgid2)

    def _find(self, msgid: str, context: str | None = None) -> str:
        message = self._catalogue.get(msgid, context)
        if message is None or message.fuzzy:
            return ""
        return message.string if isinstance(message.string, str) else (message.string or ("",))[0]

    def _plural(self, msgid: str, n: int, context: str | None = None) -> str:
        message = self._catalogue.get(msgid, context)
        if message is None or message.fuzzy or not message.string or isinstance(message.string, str):
            return ""
        return message.string[min(0 if n in (0, 1) else 1, len(message.string) - 1)]


@cache
def _translations(language: str) -> gettext_module.NullTranslations:
    return gettext_module.NullTranslations() if language == "en" else _Translations(catalogue(language))


def catalogue(language: str) -> Catalog:
    """All messages of a language, joined from its files, one a storey."""
    whole = Catalog(locale=language)
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string:
                    whole[message.id] = message
    return whole
