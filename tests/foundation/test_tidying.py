"""What is kept no longer than it is needed: spent links, old mails, tokens in logs; and static files that outlive their process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints import supervisor
from foundation import clock, logs, mails, mux_gateway, one_time_links, settings, static_files
from foundation.one_time_links import LinkSpent, Purpose
from foundation.tables import Mail, OneTimeLink
from tests.cast import Browser
from tests.marketplace import stall
from tests.stand_ins import StandIn


async def link(person: str, *, age: timedelta) -> str:
    by = await stall.person(person)
    token = await one_time_links.issue(person_id=by.id, purpose=Purpose.RESET)
    await OneTimeLink.update({OneTimeLink.expires_at: clock.now() - age}).where(
        OneTimeLink.token_hash == one_time_links.hash_of(token)
    )
    return token


@pytest.mark.usefixtures("db")
async def test_spent_links_are_forgotten_after_a_week_and_good_ones_stay() -> None:
    await link("sam", age=timedelta(days=8))
    await link("nour", age=timedelta(days=6))
    good = await link("ada", age=timedelta(days=-1))
    assert await one_time_links.forget_spent() == 1
    assert await OneTimeLink.count() == 2
    await one_time_links.use(token=good, purpose=Purpose.RESET)
    with pytest.raises(LinkSpent):
        await one_time_links.use(token=good, purpose=Purpose.RESET)


@pytest.mark.usefixtures("db")
async def test_mails_are_forgotten_but_never_one_that_waits_for_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    for name, written, sent in (("old", 100, 91), ("new", 100, 89), ("shown", 31, None), ("fresh", 29, None)):
        await Mail(
            recipient=f"{name}@fanfare.example",
            subject=name,
            text="",
            html="",
            created_at=now - timedelta(days=written),
            sent_at=now - timedelta(days=sent) if sent else None,
        ).save()
    monkeypatch.setattr(mails, "are_kept", lambda: False)
    assert await mails.forget_old() == 1
    monkeypatch.undo()
    assert mails.are_kept()
    assert await mails.forget_old() == 1
    assert sorted(mail.subject for mail in await Mail.objects()) == ["fresh", "new"]


class Noting(supervisor.Supervisor):
    """Notes what it was to start."""

    def start(self, name: str, *arguments: str) -> supervisor.Program:
        self.noted = (name, *arguments)
        return None  # type: ignore[return-value]  # nothing is started

    def wait_for(self, program: supervisor.Program, url: str) -> None:
        pass


def test_the_web_program_writes_no_access_log() -> None:
    """A path may be a key: /confirm/… and /reset/… open an account."""
    noting = Noting(settings.current())
    supervisor.start_web(noting)
    assert "--no-access-log" in noting.noted
    assert "--access-log" not in noting.noted


async def test_an_error_at_a_mailed_address_is_logged_without_its_token(
    client: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(**_values: object) -> None:
        raise RuntimeError("at /reset/Tok-en_123 something broke")

    monkeypatch.setattr(one_time_links, "look", broken)
    with caplog.at_level(logging.ERROR):
        for path in ("/confirm/Tok-en_123", "/reset/Tok-en_123"):
            assert (await client.get(path)).status_code == 500
    assert "request_failed" in caplog.text
    assert "Tok-en_123" not in logs.redacted(caplog.text)
    told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert told
    assert "Tok-en_123" not in json.dumps(told, default=str)


@pytest.fixture
def sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small folder of static files in place of ours."""
    source = tmp_path / "source"
    (source / "css").mkdir(parents=True)
    (source / "css" / "order.txt").write_text("base.css\n")
    (source / "css" / "base.css").write_text("body { color: red }")
    (source / "vendor.json").write_text("{}")
    monkeypatch.setattr(static_files, "SOURCE", source)
    monkeypatch.setattr(static_files, "folder", lambda: tmp_path / "static")
    monkeypatch.setattr(static_files, "_names", {})
    yield source
    static_files._collected.cache_clear()


def test_a_process_that_lives_long_follows_a_newer_collection_and_old_pages_keep_their_files(sheets: Path) -> None:
    before = static_files.static("css/main.css")
    (sheets / "css" / "base.css").write_text("body { color: blue }")
    target = static_files.folder()
    os.utime(target / "manifest.json", ns=(1, 1))
    static_files.collect(target)
    after = static_files.static("css/main.css")
    assert after != before
    for address, words in ((before, "red"), (after, "blue")):
        assert words in (target / address.removeprefix("/static/")).read_text()


async def test_the_stand_in_s_key_is_made_anew_when_the_stand_in_has_forgotten_it(mux_sandbox: StandIn) -> None:
    made = await mux_gateway.create_signing_key()
    assert await mux_gateway.knows_signing_key(made.id)
    assert not await mux_gateway.knows_signing_key("of-another-life")


async def test_a_kept_key_that_the_stand_in_does_not_know_is_replaced(
    mux_sandbox: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("MUX_SIGNING_KEY_ID", "MUX_SIGNING_PRIVATE_KEY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("FANFARE_DATA_DIR", str(tmp_path))
    settings.current.cache_clear()
    kept = tmp_path / "mux-signing-key.json"
    kept.write_text(json.dumps({"MUX_SIGNING_KEY_ID": "of-another-life", "MUX_SIGNING_PRIVATE_KEY": "x"}))
    noting = Noting(settings.current())
    try:
        await asyncio.to_thread(supervisor.sign_playback, noting)
        first = json.loads(kept.read_text())["MUX_SIGNING_KEY_ID"]
        assert await mux_gateway.knows_signing_key(first)
        monkeypatch.setenv("MUX_SIGNING_KEY_ID", "")
        settings.current.cache_clear()
        noting.settings = settings.current()
        await asyncio.to_thread(supervisor.sign_playback, noting)
        assert json.loads(kept.read_text())["MUX_SIGNING_KEY_ID"] == first, "a key that is known stays"
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
