"""Files of sales: kept until they are read, worked off by a job in batches that are whole or not at all, with every row's problem on record.

A job that is killed goes on after the last batch; two jobs at once do the work once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio

from creators.conversion_files import Group, Problem, Unreadable, groups
from creators.conversion_tables import ConversionUpload
from creators.conversions import click_of, report_many
from creators.events import ConversionsUploaded
from creators.shop_tables import UploadProblem, UploadProgress
from creators.young_clicks import wait_for_clicks
from foundation import audit, clock, outbox, settings
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from marketplace.brands import brand_of

LARGEST = 256 * 1024 * 1024
BATCH = 500
PAGE = 100


class FileTooLarge(Refusal):
    """data: `megabytes` allowed."""

    code = "file_too_large"
    status = 413
    message = _("This file is too large: at most %(megabytes)s MB.")
    field = "file"


class FileEmpty(Refusal):
    """Nothing was sent."""

    code = "file_empty"
    status = 422
    message = _("Please choose a CSV file.")
    field = "file"


@dataclass(frozen=True)
class UploadShown:
    """A file and how far it is. Counts are orders, `rows` are rows of the file; `error` is why it could not be read at all."""

    id: UUID
    name: str
    bytes_total: int
    bytes_done: int
    rows: int
    made: int
    repeated: int
    refused: int
    error: str
    created_at: datetime
    finished_at: datetime | None


async def receive(*, brand_id: UUID, name: str, content: AsyncIterator[bytes], by: Principal) -> UUID:
    """Keep a file and have it worked off. Raises `NotFound`, `FileTooLarge`, `FileEmpty`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    upload_id = uuid4()
    path = f"sales/{upload_id}.csv"
    size = await _write(settings.current().data_path / path, content)
    async with DB.transaction():
        await ConversionUpload(
            id=upload_id,
            brand=brand.id,
            uploaded_by=by.id,
            name="".join(sign for sign in name if sign.isprintable())[-120:] or "sales.csv",
            path=path,
            bytes_total=size,
            problems="[]",
            created_at=clock.now(),
        ).save()
        await UploadProgress(upload=upload_id).save()
        await audit.record(by=by, action="conversions.upload", kind="conversion_upload", id=upload_id, bytes=size)
        await outbox.publish(ConversionsUploaded(upload_id=upload_id))
    return upload_id


async def work_off(*, upload_id: UUID) -> None:
    """Take the sales of a file, from where it stands; then the file goes. Safe to call again and twice at once."""
    upload = await ConversionUpload.objects().get(ConversionUpload.id == upload_id)
    progress = await UploadProgress.objects().get(UploadProgress.upload == upload_id)
    if upload is None or progress is None or upload.finished_at is not None:
        return
    done, rows = upload.bytes_done, int(progress.rows)
    try:
        found = groups(settings.current().data_path / upload.path, done=done, rows=rows)
        while batch := list(islice(found, BATCH)):
            if not await _take(upload, done, batch):
                return
            done = batch[-1].done
    except (Unreadable, OSError) as error:
        code = str(error.args[0]) if isinstance(error, Unreadable) else "file_gone"
        await UploadProgress.update({UploadProgress.error: code}).where(UploadProgress.upload == upload_id)
    await ConversionUpload.update({ConversionUpload.finished_at: clock.now()}).where(
        (ConversionUpload.id == upload_id) & ConversionUpload.finished_at.is_null()
    )
    await anyio.Path(settings.current().data_path / upload.path).unlink(missing_ok=True)


async def uploads_of(*, brand_id: UUID, by: Principal) -> list[UploadShown]:
    """The brand's last files, newest first. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    return await _shown("u.brand = $1 order by u.created_at desc limit 50", brand.id)


async def upload_of(*, upload_id: UUID, brand_id: UUID, by: Principal) -> UploadShown:
    """One file of the person's brand. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    found = await _shown("u.id = $1 and u.brand = $2", upload_id, brand.id)
    if not found:
        raise NotFound
    return found[0]


async def problems_of(*, upload_id: UUID, after: int = 0, limit: int = PAGE + 1) -> list[Problem]:
    """Rows that were not taken, in the file's order; `after` skips. The caller has looked the file up for its brand."""
    rows = (
        await UploadProblem.objects()
        .where(UploadProblem.upload == upload_id)
        .order_by(UploadProblem.row)
        .order_by(UploadProblem.id)
        .limit(limit)
        .offset(after)
    )
    return [Problem(row.row, row.shop_order, row.code, row.value) for row in rows]


async def _take(upload: ConversionUpload, done: int, batch: Sequence[Group]) -> bool:
    """Keep a batch with how far it leads; False when somebody else works on the file."""
    await wait_for_clicks([click_of(group.sale) for group in batch if group.head is not None and not group.problems])
    async with DB.transaction():
        row = await ConversionUpload.objects().where(ConversionUpload.id == upload.id).lock_rows("UPDATE").first()
        if row is None or row.bytes_done != done or row.finished_at is not None:
            return False
        good = [group for group in batch if group.head is not None and not group.problems]
        became = await report_many(brand_id=upload.brand, sales=[group.sale for group in good], source="csv")
        problems = [problem for group in batch for problem in group.problems]
        made = repeated = refused = 0
        for group, said in zip(good, became, strict=True):
            if isinstance(said, Refusal):
                problems.append(Problem(group.first_row, group.order, said.code))
            made += not isinstance(said, Refusal) and said.new
            repeated += not isinstance(said, Refusal) and not said.new
            refused += isinstance(said, Refusal)
        if problems:
            await UploadProblem.insert(
                *(UploadProblem(upload=upload.id, row=p.row, shop_order=p.order, code=p.code, value=p.value) for p in problems)
            )
        await ConversionUpload.update(
            {
                ConversionUpload.bytes_done: batch[-1].done,
                ConversionUpload.made: row.made + made,
                ConversionUpload.repeated: row.repeated + repeated,
                ConversionUpload.refused: row.refused + refused + sum(bool(group.problems) for group in batch),
            }
        ).where(ConversionUpload.id == upload.id)
        await UploadProgress.update({UploadProgress.rows: UploadProgress.rows + sum(group.rows for group in batch)}).where(
            UploadProgress.upload == upload.id
        )
    return True


async def _write(path: Path, content: AsyncIterator[bytes]) -> int:
    file = anyio.Path(path)
    await file.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        async with await file.open("wb") as out:
            async for part in content:
                size += len(part)
                if size > LARGEST:
                    raise FileTooLarge(megabytes=LARGEST // 1024 // 1024)
                await out.write(part)
        if not size:
            raise FileEmpty
    except Refusal:
        await file.unlink(missing_ok=True)
        raise
    return size


async def _shown(condition: str, *values: Any) -> list[UploadShown]:
    query = f"""
        select u.id, u.name, u.bytes_total, u.bytes_done, coalesce(p.rows, 0) as rows, u.made, u.repeated, u.refused,
               coalesce(p.error, '') as error, u.created_at, u.finished_at
        from conversion_upload u left join upload_progress p on p.upload = u.id where {condition}
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        return [UploadShown(**dict(row)) for row in await connection.fetch(query, *values)]
