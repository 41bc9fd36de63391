"""The RTMP port: one address, many keys. Media is handed on as FLV without being understood. Keys are never logged."""

import asyncio
import contextlib
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from dataclasses import dataclass

from sandbox.mux import rtmp
from sandbox.mux.children import MediaError
from sandbox.mux.rtmp import AUDIO, COMMAND, DATA, VIDEO, Message, ProtocolError
from sandbox.mux.stage import KeyRefused, OnAir, Stage

FLV_HEADER = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
SET_DATA_FRAME = b"\x02\x00\x0d@setDataFrame"
LEAVING = {"FCUnpublish", "closeStream", "deleteStream"}


def flv_tag(message: Message) -> bytes:
    """Write one message as a tag of an FLV file."""
    body = message.payload.removeprefix(SET_DATA_FRAME)
    time = message.timestamp
    header = bytes([message.kind]) + len(body).to_bytes(3, "big")
    header += (time & 0xFFFFFF).to_bytes(3, "big") + bytes([time >> 24 & 0xFF, 0, 0, 0])
    return header + body + (len(body) + 11).to_bytes(4, "big")


@dataclass
class Ingest:
    """Serves encoders for a stage."""

    stage: Stage

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection to its end."""
        connection = Connection(self.stage, reader, writer)
        try:
            await connection.run()
        except (IncompleteReadError, ConnectionError, TimeoutError, ProtocolError, KeyRefused, MediaError):
            pass  # each of them ends the connection, and the stage tells what that means
        finally:
            if connection.current is not None:
                await self.stage.end(connection.current)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@dataclass
class Connection:
    """One encoder."""

    stage: Stage
    reader: StreamReader
    writer: StreamWriter
    current: OnAir | None = None

    async def run(self) -> None:
        """Read messages until the encoder leaves."""
        async with asyncio.timeout(rtmp.SILENCE):
            await rtmp.shake_hands(self.reader, self.writer)
        async for message in rtmp.messages(self.reader):
            if message.kind in (AUDIO, VIDEO, DATA):
                await self._record(message)
            elif message.kind == COMMAND and await self._obey(rtmp.read_command(message.payload)):
                return

    async def _record(self, message: Message) -> None:
        if self.current is None:
            return
        if self.current.take is None:
            raise KeyRefused("the live stream is over")
        await self.current.take.write(flv_tag(message))

    async def _obey(self, command: list[object]) -> bool:
        """Answer a command; True when the encoder says goodbye."""
        name, transaction = command[0], float(str(command[1]))
        if name == "connect":
            rtmp.welcome(self.writer, transaction)
        elif name == "createStream":
            rtmp.write_command(self.writer, "_result", transaction, None, 1)
        elif name == "publish" and self.current is None:
            await self._publish(str(command[3]).partition("?")[0] if len(command) > 3 else "")
        await self.writer.drain()
        return name in LEAVING and self.current is not None

    async def _publish(self, key: str) -> None:
        try:
            self.current = await self.stage.begin(key, self.writer.transport.abort)
        except KeyRefused as refusal:
            self._say("error", "NetStream.Publish.BadName", str(refusal))
            await self.writer.drain()
            raise
        if self.current.take is not None:
            await self.current.take.write(FLV_HEADER)
        self._say("status", "NetStream.Publish.Start", "publishing")
        cut = self.stage.faults.take("ingest.cut", self.current.live_stream_id)
        if cut is not None:
            asyncio.get_running_loop().call_later(cut.seconds, self.writer.transport.abort)

    def _say(self, level: str, code: str, description: str) -> None:
        said = {"level": level, "code": code, "description": description}
        rtmp.write_command(self.writer, "onStatus", 0, None, said, stream=1)
