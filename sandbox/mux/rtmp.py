"""RTMP as messages: the handshake, chunks read and written, commands as lists of values.

pyrtmp brings the values of commands (AMF). Its reader of chunks is not used: it forgets the timestamp delta of a
message that begins with a type 3 header, so that the sound drifts away, it stops at 4.6 hours, and it is slow.
Source: Adobe's Real Time Messaging Protocol 1.0, sections 5.2-5.4.
"""

import asyncio
import os
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from bitstring import BitStream
from bitstring import Error as BitError
from pyrtmp.amf.serializers import AMF0Deserializer, AMF0Serializer

SET_CHUNK_SIZE, AUDIO, VIDEO, DATA, COMMAND = 1, 8, 9, 18, 20
EXTENDED = 0xFFFFFF
LARGEST = 8 * 1024 * 1024
"""No message is longer, in bytes: a keyframe of a good 4K stream is far below."""
SILENCE = 20.0
"""Seconds without a message after which an encoder counts as gone."""
OUT_CHUNK = 4096


class ProtocolError(Exception):
    """The other side does not speak RTMP as it should."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One whole message; `timestamp` is milliseconds."""

    kind: int
    timestamp: int
    payload: bytes = field(repr=False)


@dataclass
class ChunkStream:
    """What a chunk may leave out because the one before it on the same chunk stream said it."""

    timestamp: int = 0
    delta: int = 0
    length: int = 0
    kind: int = 0
    extended: bool = False
    payload: bytearray = field(default_factory=bytearray)


async def shake_hands(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer the plain handshake of a client. Raises `ProtocolError`."""
    hello = await reader.readexactly(1537)
    if hello[0] != 3:
        raise ProtocolError("not RTMP version 3")
    writer.write(b"\x03" + bytes(8) + os.urandom(1528) + hello[1:])
    await writer.drain()
    await reader.readexactly(1536)


async def messages(reader: StreamReader) -> AsyncIterator[Message]:
    """Read messages until the connection ends. Raises `ProtocolError`, `TimeoutError` or asyncio's `IncompleteReadError`."""
    chunk_size = 128
    streams: dict[int, ChunkStream] = {}
    while True:
        async with asyncio.timeout(SILENCE):
            message = await _read_chunk(reader, streams, chunk_size)
        if message is None:
            continue
        if message.kind == SET_CHUNK_SIZE:
            chunk_size = max(1, min(LARGEST, int.from_bytes(message.payload[:4], "big") & 0x7FFFFFFF))
        else:
            yield message


async def _read_chunk(reader: StreamReader, streams: dict[int, ChunkStream], chunk_size: int) -> Message | None:
    """Read one chunk; return its message when it was the last of it."""
    first = (await reader.readexactly(1))[0]
    shape, number = first >> 6, first & 0x3F
    if number < 2:
        number = 64 + int.from_bytes(await reader.readexactly(number + 1), "little")
    stream = streams.setdefault(number, ChunkStream())
    await _read_header(reader, stream, shape)
    wanted = min(chunk_size, stream.length - len(stream.payload))
    stream.payload += await reader.readexactly(wanted)
    if len(stream.payload) < stream.length:
        return None
    payload, stream.payload = bytes(stream.payload), bytearray()
    return Message(kind=stream.kind, timestamp=stream.timestamp & 0xFFFFFFFF, payload=payload)


async def _read_header(reader: StreamReader, stream: ChunkStream, shape: int) -> None:
    header = await reader.readexactly((11, 7, 3, 0)[shape])
    if shape < 2:
        stream.length, stream.kind = int.from_bytes(header[3:6], "big"), header[6]
        if stream.length > LARGEST:
            raise ProtocolError("a message is too long")
    if shape < 3:
        stream.delta = int.from_bytes(header[:3], "big")
        stream.extended = stream.delta == EXTENDED
    if stream.extended:
        written = int.from_bytes(await reader.readexactly(4), "big")
        stream.delta = written if shape < 3 else stream.delta
    if shape == 0:
        stream.timestamp = stream.delta
        stream.payload.clear()
    elif not stream.payload:
        stream.timestamp += stream.delta  # also for type 3: it repeats the delta that was said last


def read_command(payload: bytes) -> list[Any]:
    """Return the values of a command: its name, its transaction, then its arguments. Raises `ProtocolError`."""
    data = BitStream(payload)
    values: list[Any] = []
    try:
        while data.bitpos < data.length:
            values.append(AMF0Deserializer.from_stream(data))
    except (BitError, ValueError, NotImplementedError, KeyError) as error:
        if len(values) < 2:
            raise ProtocolError(f"a command cannot be read: {type(error).__name__}") from None
    return values


def write_command(writer: StreamWriter, *values: Any, stream: int = 0) -> None:
    """Send a command made of values."""
    data = BitStream()
    for value in values:
        AMF0Serializer.create_object(data, value)
    write_message(writer, COMMAND, data.bytes, stream=stream)


def write_message(writer: StreamWriter, kind: int, payload: bytes, *, stream: int = 0) -> None:
    """Send one message, in one chunk (everything we say is short)."""
    header = struct.pack(">BBH", 3, 0, 0) + len(payload).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", stream)
    writer.write(header + payload)


def welcome(writer: StreamWriter, transaction: float) -> None:
    """Answer `connect`: sizes first, then that it succeeded."""
    write_message(writer, 5, struct.pack(">I", 5_000_000))
    write_message(writer, 6, struct.pack(">IB", 5_000_000, 2))
    write_message(writer, SET_CHUNK_SIZE, struct.pack(">I", OUT_CHUNK))
    write_command(
        writer,
        "_result",
        transaction,
        {"fmsVer": "FMS/3,0,123", "capabilities": 31},
        {"level": "status", "code": "NetConnection.Connect.Success", "description": "", "objectEncoding": 0},
    )
