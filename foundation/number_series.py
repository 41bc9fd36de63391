"""Numbers of documents without a gap and without a double: invoices, credit notes (CGI annex II art. 242 nonies A)."""

from __future__ import annotations

from foundation.database import DB


class OutsideTransaction(RuntimeError):
    """A number was asked for outside the transaction that stores its document: a failure between the two would leave a gap."""


async def next_number(series: str) -> int:
    """The next whole number of a series, from 1; kept by the transaction around it, given back when that rolls back.

    Others who number in the same series wait for that transaction, so ask for the number last. Raises `OutsideTransaction`.
    """
    if DB.transaction_here() is None:
        raise OutsideTransaction
    async with DB.connection() as connection:
        number: int = await connection.fetchval(
            """
            insert into number_series (name, last) values ($1, 1)
            on conflict (name) do update set last = number_series.last + 1 returning last
            """,
            series,
        )
    return number
