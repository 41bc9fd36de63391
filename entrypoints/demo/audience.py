"""What the viewers of the evening do besides talking and buying: ask, vote, applaud; and what the host makes of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from html import escape
from random import Random
from uuid import uuid4

import httpx

from entrypoints.story.walker import NotOnThePage, Walker

QUESTIONS = (
    "Does it work on induction?", "Comment on le nettoie après la tomate ?", "How heavy is the stockpot?",
    "Le manche chauffe ?", "Do you ship to Belgium?", "Quelle taille pour deux personnes ?",
    "Is the tin lining safe if it wears off?", "Ça va au four ?",
)  # fmt: skip
POLLS = (
    ("Which sauce comes next?", ("Red wine", "Beurre blanc", "Caramel")),
    ("On fait quoi dimanche ?", ("Une tarte", "Un risotto")),
)
WAITING = 5
"""So many questions wait at most; then the host answers the one that most want answered."""

Post = Callable[..., Awaitable[httpx.Response]]


async def ask_and_vote(
    nour: Walker, viewers: Callable[[], Walker | None], throw: Random, show: str, room: str, post: Post
) -> None:
    """Questions come and are voted up, hearts rise, a poll is put on screen now and then; the host answers."""
    await asyncio.sleep(12)
    await _prepare(nour, show, post)
    for step in range(1_000_000):
        who = viewers()
        if who is not None:
            with suppress(NotOnThePage, httpx.HTTPError):  # asked too much, voted already: people shrug
                await _one_thing(who, throw, room, post)
        if step % 12 == 6:
            await _host(nour, show, post)
        await asyncio.sleep(throw.uniform(1.5, 5))


async def _one_thing(who: Walker, throw: Random, room: str, post: Post) -> None:
    chance = throw.random()
    if chance < 0.5:
        await post(who, f"{room}/hearts", headers={"x-piece": "count"}, hearts=str(throw.randint(1, 9)))
        return
    page = (await who.http.get(room)).text
    polls = re.findall(r'action="(/polls/[\w-]+/vote)".*?</form>', page, re.DOTALL)
    options = re.findall(r'name="option" value="([\w-]+)"[^>]*>', page)
    questions = re.findall(r'action="(/questions/[\w-]+/vote)"', page)
    if polls and options and "data-voted" not in page and chance < 0.8:
        await post(who, polls[0], headers={"hx-request": "true"}, option=throw.choice(options))
    elif questions and (chance < 0.93 or len(questions) >= WAITING):
        await post(who, throw.choice(questions), headers={"hx-request": "true"}, on="1")
    elif new := [question for question in QUESTIONS if escape(question) not in page]:
        await post(who, f"{room}/questions", question=throw.choice(new), client_key=str(uuid4()))


async def _prepare(nour: Walker, show: str, post: Post) -> None:
    cockpit = (await nour.http.get(f"/studio/shows/{show}/live")).text
    for question, answers in POLLS:
        if question not in cockpit:
            with suppress(NotOnThePage):
                await post(nour, f"/studio/shows/{show}/audience/prepare", poll=question, answers=list(answers))


async def _host(nour: Walker, show: str, post: Post) -> None:
    """Answer the top question when many wait, and go on with the polls."""
    there = f"/studio/shows/{show}/audience"
    page = (await nour.http.get(f"/studio/shows/{show}/live")).text
    waiting = re.findall(r'audience/answered".*?name="question" value="([\w-]+)"', page, re.DOTALL)
    ready = re.findall(r'audience/start".*?name="poll" value="([\w-]+)"', page, re.DOTALL)
    running = re.findall(r'audience/count".*?name="poll" value="([\w-]+)"', page, re.DOTALL)
    with suppress(NotOnThePage, httpx.HTTPError):
        if len(waiting) > WAITING - 2:
            await post(nour, f"{there}/{'answered' if 'top-questions__now' in page else 'answer'}", question=waiting[0])
        if ready and not running:
            await post(nour, f"{there}/start", poll=ready[0])
