"""The RTMP port reads what encoders write, also where they save bytes."""

from __future__ import annotations

import asyncio
import contextlib
import struct

import pytest

from sandbox.mux import rtmp
from sandbox.mux.ingest import flv_tag
from sandbox.mux.rtmp import AUDIO, Message, ProtocolError


async def _read(*chunks: bytes) -> list[Message]:
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(chunks))
    reader.feed_eof()
    found: list[Message] = []
    with contextlib.suppress(asyncio.IncompleteReadError):
        async for message in rtmp.messages(reader):
            found.append(message)  # noqa: PERF401  # a comprehension would lose what came before the end
    return found


def _full(time: int, payload: bytes, *, extended: bytes = b"") -> bytes:
    return b"\x04" + time.to_bytes(3, "big") + len(payload).to_bytes(3, "big") + bytes([AUDIO]) + bytes(4) + extended + payload


async def test_sound_keeps_its_time_when_headers_are_left_out() -> None:
    delta = b"\x44" + (23).to_bytes(3, "big") + (4).to_bytes(3, "big") + bytes([AUDIO]) + b"bbbb"
    repeated = b"\xc4cccc"
    messages = await _read(_full(100, b"aaaa"), delta, repeated, repeated)
    assert [one.timestamp for one in messages] == [100, 123, 146, 169]


async def test_a_message_in_several_chunks_has_one_time() -> None:
    first = _full(10, b"x" * 300)
    message = first[:12] + b"x" * 128 + b"\xc4" + b"x" * 128 + b"\xc4" + b"x" * 44
    (read,) = await _read(message)
    assert (read.timestamp, len(read.payload)) == (10, 300)


async def test_a_show_may_last_longer_than_four_and_a_half_hours() -> None:
    late = 0x01000010
    (read,) = await _read(_full(0xFFFFFF, b"late", extended=struct.pack(">I", late)))
    assert read.timestamp == late
    assert flv_tag(read)[4:8] == b"\x00\x00\x10\x01"


async def test_larger_chunks_are_read_once_they_are_announced() -> None:
    announced = b"\x02" + bytes(3) + (4).to_bytes(3, "big") + b"\x01" + bytes(4) + struct.pack(">I", 4096)
    (read,) = await _read(announced, _full(0, b"y" * 2000))
    assert len(read.payload) == 2000


async def test_an_endless_message_is_refused() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"\x04" + bytes(3) + b"\xff\xff\xff" + bytes([AUDIO]) + bytes(4))
    with pytest.raises(ProtocolError):
        await anext(rtmp.messages(reader))


async def test_a_command_that_is_not_one_is_refused() -> None:
    with pytest.raises(ProtocolError):
        rtmp.read_command(b"\x02\xff\xff")
