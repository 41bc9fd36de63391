"""Files of the bank, read into lines: camt.053, MT940 and CSV (docs/money.md, chapter 7). Nothing of a file is trusted."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money

LARGEST: Final = 5 * 1024 * 1024
MOST_LINES: Final = 50_000


class BadBankFile(Refusal):
    """The file cannot be read as a statement; data: `why`."""

    code = "bad_bank_file"
    status = 422
    field = "file"
    message = _("This file was not taken: %(why)s.")


def bad(why: str) -> BadBankFile:
    """The refusal of a file; `why` is a marked sentence."""
    return BadBankFile(why=translate(why))


@dataclass(frozen=True)
class Line:
    """One booked line: above zero came, below zero went. `bank_reference` is the bank's own name for it, where it has one."""

    booked_on: date
    amount: Money
    reference: str = ""
    text: str = ""
    bank_reference: str = ""
    is_return: bool = False


@dataclass(frozen=True)
class Statement:
    """What a file says of one account."""

    format: str
    account: str
    currency: str
    lines: tuple[Line, ...]

    def fingerprints(self) -> list[str]:
        """What tells each line from every other one of the account: the bank's reference, else its content and how often it came before."""
        seen: dict[tuple[object, ...], int] = {}
        found = []
        for line in self.lines:
            content = (line.booked_on.isoformat(), line.amount.minor, line.reference, line.text, line.bank_reference)
            seen[content] = seen.get(content, 0) + 1
            if line.bank_reference and line.bank_reference.upper() != "NOTPROVIDED" and seen[content] == 1:
                found.append(f"ref:{line.booked_on:%Y%m%d}:{line.amount.minor}:{line.bank_reference}"[:80])
            else:
                found.append("sum:" + hashlib.sha256(repr((content, seen[content])).encode()).hexdigest())
        return found


def read(name: str, content: bytes, *, account: str = "") -> Statement:
    """The statement in a file; its kind is told by its content. `account` names ours for CSV files that do not. Raises `BadBankFile`."""
    from payouts import bank_camt, bank_csv, bank_mt940

    if not content.strip():
        raise bad(_("it is empty"))
    if len(content) > LARGEST:
        raise bad(_("it is larger than 5 MB"))
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06") or content[:2] == b"\x1f\x8b" or name.lower().endswith((".zip", ".gz")):
        raise bad(_("it is compressed; please unpack it first"))
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = _wide(content) if wide else content
    if b"\x00" in text:
        raise bad(_("it is not a text"))
    start = text.lstrip(b"\xef\xbb\xbf \r\n\t")[:64]
    if start.startswith(b"<"):
        return bank_camt.read(content)  # XML names its own encoding
    content = text
    if start.startswith((b":20:", b"{1:", b":25:", b"-\r\n:20:")):
        return bank_mt940.read(as_text(content))
    return bank_csv.read(as_text(content), account=account)


def _wide(content: bytes) -> bytes:
    """UTF-16, as spreadsheets write it, as UTF-8. Raises `BadBankFile`."""
    try:
        return content.decode("utf-16").encode()
    except UnicodeDecodeError as wrong:
        raise bad(_("it is not a text")) from wrong


def as_text(content: bytes) -> str:
    """The text of a file: UTF-8, else the usual one of western banks."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def adds_up(opening: int | None, closing: int | None, lines: Iterable[Line]) -> None:
    """Raises `BadBankFile` when a statement's balances do not follow from its lines."""
    if opening is not None and closing is not None and opening + sum(line.amount.minor for line in lines) != closing:
        raise bad(_("its lines do not add up to its closing balance"))


def checked(lines: list[Line]) -> tuple[Line, ...]:
    """The lines, when there are not too many. Raises `BadBankFile`."""
    if len(lines) > MOST_LINES:
        raise bad(_("it has more than 50,000 lines"))
    return tuple(lines)
