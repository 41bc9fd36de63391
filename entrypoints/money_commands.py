"""The commands of finance, for a schedule or an auditor: plain text, or JSON with `--json`; exit code 1 when something is off."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import click

from entrypoints import process
from foundation import accounts, i18n, templating
from foundation.accounts import Principal
from foundation.errors import Forbidden, NotFound, Refusal
from foundation.tables import Role
from payouts import invariants, looks, periods, proofs, runs, simulation, transfers, watch
from payouts.tables import PayoutRun

Report = dict[str, Any]

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
acting = click.option("--as", "email", required=True, metavar="EMAIL", help="The person who acts; their roles hold here too.")
run_number = click.argument("number")


@click.group()
def ledger() -> None:
    """The books."""


@ledger.command()
@as_json
def verify(as_json: bool) -> None:
    """Prove the ledger: every invariant, and the chain of hashes. Exit code 1 names the first offenders."""

    async def work() -> Report:
        found = sorted([*await proofs.verify(), *await invariants.check()], key=lambda proof: int(proof.code[1:]))
        return {
            "holds": all(proof.holds for proof in found),
            "invariants": {
                proof.code: {
                    "holds": proof.holds,
                    "words": invariants.WORDS.get(proof.code, ""),
                    "offenders": list(proof.offenders),
                }
                for proof in found
            },
        }

    tell(work(), as_json, good=lambda report: bool(report["holds"]))


@click.command()
@as_json
def reconcile(as_json: bool) -> None:
    """Read Stripe's movements and payouts, match them with the books and the bank. Exit code 1 while differences are open."""

    async def work() -> Report:
        found = await looks.look()
        return {"matched": found.matched, "found": found.found, "resolved": found.resolved, "open": found.open}

    tell(work(), as_json, good=lambda report: report["open"] == 0)


@click.group()
def payouts() -> None:
    """Payout runs: one person makes them, another approves."""


@payouts.command()
@click.option("--currency", default="EUR", show_default=True)
@as_json
def simulate(currency: str, as_json: bool) -> None:
    """What a run of now would pay, and who is blocked and why. Changes nothing."""

    async def work() -> Report:
        found = await simulation.simulate(currency=currency)
        return {
            "currency": currency,
            "total_minor": found.total.minor,
            "payees": len(found.payable),
            "blocked_minor": found.blocked_total.minor,
            "blocked": [{"name": line.name, "why": str(line.reason), "minor": line.amount.minor} for line in found.blocked],
            "carried_minor": found.carried_total.minor,
            "left_minor": found.left.minor,
        }

    tell(work(), as_json)


@payouts.command()
@click.option("--currency", default="EUR", show_default=True)
@acting
@as_json
def draft(currency: str, email: str, as_json: bool) -> None:
    """Draft a run of everybody who can be paid."""

    async def work() -> Report:
        return _run(await runs.draft(by=await _person(email, Role.FINANCE_MAKER), currency=currency))

    tell(work(), as_json)


@payouts.command()
@run_number
@acting
@as_json
def submit(number: str, email: str, as_json: bool) -> None:
    """Hand a draft to the second person."""

    async def work() -> Report:
        by = await _person(email, Role.FINANCE_MAKER)
        return _run(await runs.submit(run_id=(await runs.by_number(number)).id, by=by))

    tell(work(), as_json)


@payouts.command()
@run_number
@click.option("--fingerprint", required=True, help="The fingerprint that `submit` or the page showed: what is approved.")
@acting
@as_json
def approve(number: str, fingerprint: str, email: str, as_json: bool) -> None:
    """Approve a run that somebody else has submitted; its transfers leave."""

    async def work() -> Report:
        by = await _person(email, Role.FINANCE_CHECKER)
        return _run(await runs.approve(run_id=(await runs.by_number(number)).id, content_hash=fingerprint, by=by))

    tell(work(), as_json)


@payouts.command()
@run_number
@as_json
def execute(number: str, as_json: bool) -> None:
    """Send what is left of an approved run; safe to repeat."""

    async def work() -> Report:
        run = await runs.by_number(number)
        await transfers.execute(run_id=run.id)
        return _run(await runs.by_number(number))

    tell(work(), as_json)


@click.command()
@click.argument("month", metavar="YYYY-MM")
@acting
@as_json
def close(month: str, email: str, as_json: bool) -> None:
    """Check the books and close a month. Exit code 1 names what stands in the way."""

    async def work() -> Report:
        by = await _person(email, Role.FINANCE_CHECKER)
        await watch.check()
        blocked = {point.code: point.open for point in await periods.checklist(month) if not point.done}
        if not blocked:
            await periods.close(period=month, by=by)
        return {"month": month, "closed": not blocked, "open": blocked}

    tell(work(), as_json, good=lambda report: bool(report["closed"]))


def _run(run: PayoutRun) -> Report:
    return {"number": run.number, "status": str(run.status), "currency": run.currency, "fingerprint": run.content_hash}


async def _person(email: str, role: Role) -> Principal:
    person = await accounts.by_email(email)
    if person is None:
        raise click.ClickException(f"Nobody has the address {email}.")
    if not person.has(role):
        raise Forbidden
    return person


def tell(work: Awaitable[Report], as_json: bool, good: Callable[[Report], bool] = lambda _report: True) -> None:
    """Do the work and say what came of it; exit code 1 when it is not good. With `--json` a refusal is an object too, with its `error`."""

    async def awaited() -> Report:
        return await work

    try:
        report = process.finish(awaited())
    except NotFound as refusal:
        _refused(refusal.code, "The books have nothing of that name.", as_json)
    except Refusal as refusal:
        _refused(refusal.code, str(templating.sentence(refusal)), as_json)
    except click.ClickException as refusal:
        _refused("unknown_person", refusal.message, as_json)
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else "\n".join(_lines(report)))
    if not good(report):
        raise SystemExit(1)


def _refused(code: str, sentence: str, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"error": code, "message": sentence}, ensure_ascii=False))
        raise SystemExit(1)
    raise click.ClickException(sentence)


def _lines(report: Report, indent: str = "") -> list[str]:
    lines = []
    for name, value in report.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        else:
            shown = i18n.number(value) if isinstance(value, int) and not isinstance(value, bool) else value
            lines.append(f"{indent}{name:<14} {shown}")
    return lines


COMMANDS = (ledger, reconcile, payouts, close)
