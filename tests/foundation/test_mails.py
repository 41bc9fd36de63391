"""Mails leave with their reason, once, as HTML and as text."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from foundation import mails, outbox, settings
from foundation.database import DB
from foundation.tables import Mail, OutboxMessage
from tests.cast import Browser

pytestmark = pytest.mark.usefixtures("db")


@dataclass
class Post:
    """A mail server that keeps what it gets; `refuse` makes it answer that it is busy."""

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)
    refuse: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 post.example ready")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                say("354 go on")
                text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.got.append(message_from_string(text.removesuffix("\r\n.\r\n"), policy=policy.default))
            say("451 busy, try later" if self.refuse and verb == "MAIL" else "221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def post_office() -> AsyncIterator[Post]:
    post = Post()
    server = await asyncio.start_server(post.serve, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    async with server:
        yield post


@pytest.fixture
async def post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    async with post_office() as opened:
        monkeypatch.setenv("FANFARE_MAIL_URL", f"smtp://127.0.0.1:{opened.port}")
        settings.current.cache_clear()
        yield opened
        monkeypatch.undo()
        settings.current.cache_clear()


async def write(**changes: Any) -> UUID:
    said: dict[str, Any] = {"to": "lea@fanfare.example", "locale": "en", "template": "confirm.html", "token": "tok-en", **changes}
    async with DB.transaction():
        return await mails.write(**said)


async def test_one_template_gives_html_and_text() -> None:
    mail = await mails.kept(mail_id=await write())
    assert mail.subject == "Confirm your address for Fanfare"
    address = f"{settings.current().base_url}/confirm/tok-en"
    assert f'href="{address}"' in mail.html
    assert f"\n{address}\n" in mail.text
    assert "<" not in mail.text
    assert mail.text.splitlines()[0] == "Please confirm that this is your address. Then your account is open."


async def test_a_mail_speaks_the_language_of_its_reader() -> None:
    mail = await mails.kept(mail_id=await write(locale="fr"))
    assert mail.subject == "Confirmez votre adresse pour Fanfare"
    assert 'lang="fr"' in mail.html


async def test_what_people_type_is_no_markup_in_html_and_stays_itself_in_text() -> None:
    mail = await mails.kept(mail_id=await write(template="identity_tied.html", provider_name="<b>Tom & Co</b>"))
    assert "<b>Tom & Co</b>" in mail.text
    assert "&lt;b&gt;Tom &amp; Co&lt;/b&gt;" in mail.html


async def test_a_mail_without_its_reason_does_not_exist() -> None:
    async def give_up() -> None:
        async with DB.transaction():
            await mails.write(to="lea@fanfare.example", locale="en", template="confirm.html", token="tok-en")
            raise LookupError

    with pytest.raises(LookupError):
        await give_up()
    assert await Mail.count() == 0
    assert await OutboxMessage.count() == 0


async def test_a_mail_is_sent_once_and_its_words_are_forgotten(post: Post) -> None:
    mail_id = await write()
    await mails.send(mail_id=mail_id)
    await mails.send(mail_id=mail_id)

    [message] = post.got
    assert (message["to"], message["subject"]) == ("lea@fanfare.example", "Confirm your address for Fanfare")
    assert str(mail_id) in message["message-id"]
    parts = [part.get_content_type() for part in message.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    kept = await mails.kept(mail_id=mail_id)
    assert kept.sent_at is not None
    assert "tok-en" not in kept.text + kept.html


async def test_a_mail_that_the_server_refuses_waits_for_the_next_try(post: Post) -> None:
    mail_id = await write()
    post.refuse = True
    with pytest.raises(OSError, match="busy"):  # smtplib's errors are OSErrors
        await mails.send(mail_id=mail_id)
    assert (await mails.kept(mail_id=mail_id)).sent_at is None
    post.refuse = False
    await mails.send(mail_id=mail_id)
    assert len(post.got) == 1


async def test_our_password_does_not_go_over_an_open_line(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANFARE_MAIL_URL", f"smtp://fanfare:secret@127.0.0.1:{post.port}")
    settings.current.cache_clear()
    with pytest.raises(OSError, match="no TLS"):
        await mails.send(mail_id=await write())
    assert post.got == []


async def test_signing_up_sends_its_mail_by_the_job(client: Browser, post: Post) -> None:
    form = {"email": "lea@fanfare.example", "display_name": "Léa", "password": "a long and quiet password"}
    assert (await client.post("/sign-up", data=form)).status_code == 200
    assert post.got == []
    await outbox.drain()
    assert [message["to"] for message in post.got] == ["lea@fanfare.example"]


async def test_without_a_mail_server_mails_are_shown_to_developers(client: Browser) -> None:
    mail_id = await write()
    await outbox.drain()
    page = (await client.get("/dev/mail")).text
    assert "Confirm your address for Fanfare" in page
    assert (await client.get(f"/dev/mail/{mail_id}")).text == (await mails.kept(mail_id=mail_id)).html
    assert (await client.get("/dev/mail/00000000-0000-4000-8000-000000000000")).status_code == 404


async def test_what_came_with_a_kept_mail_can_be_opened(client: Browser) -> None:
    paper = mails.Attachment("Reçu d'Ada.pdf", "application/pdf", b"%PDF-1.7 its own bytes")
    mail_id = await write(attachments=[paper])
    page = (await client.get("/dev/mail")).text
    assert paper.name in html.unescape(page)
    [address] = re.findall(rf"/dev/mail/{mail_id}/[0-9a-f-]{{36}}", page)
    answer = await client.get(address)
    assert (answer.content, answer.headers["content-type"]) == (paper.content, "application/pdf")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Re%C3%A7u%20d%27Ada.pdf"
    other = await write()
    assert (await client.get(address.replace(str(mail_id), str(other)))).status_code == 404
    assert (await client.get(f"/dev/mail/{mail_id}/{mail_id}")).status_code == 404


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable, value in {
        "FANFARE_ENV": "production",
        "FANFARE_SECRET_KEY": "k" * 32,
        "FANFARE_BASE_URL": "https://fanfare.example",
        "FANFARE_MAIL_URL": "smtp://127.0.0.1",
    }.items():
        monkeypatch.setenv(variable, value)
    settings.current.cache_clear()
    yield
    monkeypatch.undo()
    settings.current.cache_clear()


async def test_in_production_there_is_no_such_page(client: Browser, in_production: None) -> None:
    mail_id = await write(attachments=[mails.Attachment("order.pdf", "application/pdf", b"%PDF")])
    [(file, _name)] = (await mails.attached_to([mail_id]))[mail_id]
    for path in ("", f"/{mail_id}", f"/{mail_id}/{file}"):
        assert (await client.get(f"/dev/mail{path}")).status_code == 404
