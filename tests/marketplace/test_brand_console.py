"""A brand's console: founding, catalogue, briefs, orders; and the border between one brand and another."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from foundation import clock, settings
from foundation.tables import AuditEntry
from marketplace.tables import Brand, Brief, Product, Variant
from tests.cast import Browser, Cast
from tests.marketplace.stall import buy, events, order, person, shelf, stall

PROFILE = {
    "tagline": "Copper that outlives its cook.",
    "about": "Since 1974.",
    "trade": "kitchen",
    "legal_name": "Cuivre & Sel SARL",
    "legal_address": "3 quai du Wault, 59000 Lille",
    "country": "FR",
    "email": "shop@cuivre.example",
}
PRODUCT = {
    "title": "Saucepan Alma",
    "description": "Copper.",
    "currency": "EUR",
    "vat": "standard",
    "variant_name": "16 cm",
    "sku": "A16",
    "price": "59,00",
    "was": "79.00",
    "stock": "12",
}


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600)) -> bytes:
    """A photo that tells where it was taken."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", size, (180, 90, 40)).save(out, kind, exif=exif)
    return out.getvalue()


async def test_a_person_founds_a_brand_and_lands_in_its_console(cast: Cast) -> None:
    browser = await cast.client(await cast.sam())
    assert (await browser.get("/brand")).headers["location"] == "/brand/new"
    answer = await browser.post("/brand/new", data={"name": "Cuivre & Sel", **PROFILE})
    assert answer.headers["location"] == "/brand"
    console = await browser.get("/brand")
    assert console.status_code == 200
    assert "Cuivre &amp; Sel is here." in console.text
    public = await browser.get("/brands/cuivre-sel")
    assert "Cuivre &amp; Sel SARL" in public.text
    assert await AuditEntry.exists().where(AuditEntry.action == "brand.founded")
    taken = await browser.post("/brand/new", data={"name": "CUIVRE & SEL", **PROFILE})
    assert taken.status_code == 409
    assert "There is already a brand called" in taken.text
    assert 'value="shop@cuivre.example"' in taken.text


async def test_a_product_is_added_with_its_picture_and_sold_at_its_price(cast: Cast) -> None:
    ada = await cast.client(await cast.ada())
    await ada.post("/brand/new", data={"name": "Cuivre & Sel", **PROFILE})
    answer = await ada.post("/brand/products/new", data=PRODUCT, files={"picture": ("alma.gif", a_picture(), "image/gif")})
    assert answer.status_code == 303, answer.text
    product = await Product.objects().first()
    assert product is not None
    file = settings.current().data_path / "media" / product.picture
    with Image.open(file) as kept:
        assert (kept.format, kept.size) == ("WEBP", (900, 600))
        assert not kept.getexif()
    assert (await ada.get(f"/media/{product.picture}")).status_code == 200
    page = await ada.get(answer.headers["location"])
    assert "12 in stock" in page.text
    shop = await ada.get(f"/shop/products/{product.id}")
    assert "€59.00" in shop.text
    assert "€79.00" in shop.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "We could not read this picture."),
        (b"GIF89a" + b"\0" * 40, "We could not read this picture."),
        (a_picture()[:400], "We could not read this picture."),
        (a_picture(size=(120, 120)), "too small"),
    ],
    ids=["svg", "gif", "cut off", "tiny"],
)
async def test_what_is_not_a_proper_picture_is_refused_and_the_form_kept(cast: Cast, content: bytes, words: str) -> None:
    ada = await cast.client(await cast.ada())
    await ada.post("/brand/new", data={"name": "Cuivre & Sel", **PROFILE})
    answer = await ada.post("/brand/products/new", data=PRODUCT, files={"picture": ("alma.jpg", content, "image/jpeg")})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Saucepan Alma"' in answer.text
    assert await Product.count() == 0


async def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(cast: Cast) -> None:
    ada = await cast.client(await cast.ada())
    await ada.post("/brand/new", data={"name": "Cuivre & Sel", **PROFILE})
    bomb = a_picture("PNG", (9000, 5000))
    answer = await ada.post("/brand/products/new", data=PRODUCT, files={"picture": ("bomb.png", bomb, "image/png")})
    assert answer.status_code == 413
    assert "too large" in answer.text


async def test_price_and_stock_change_by_a_difference(cast: Cast) -> None:
    alma = await stall(stock=5)
    ada = await cast.client(await person("ada"))
    here = f"/brand/products/{alma.id}/variants/{alma.choices[0].id}"
    assert (await ada.post(here, data={"price": "49,90", "was": "", "change": "-2"})).status_code == 303
    changed = await Variant.objects().where(Variant.id == alma.choices[0].id).first()
    assert changed is not None
    assert (changed.price_minor, changed.stock) == (4990, 3)
    assert changed.was_minor is None
    too_many = await ada.post(here, data={"price": "49,90", "change": "-4"})
    assert too_many.status_code == 409
    assert "Only 3 are on the shelf now." in too_many.text
    assert await shelf(alma) == 3
    assert (await ada.post(here, data={"price": "49.90", "was": "49.90"})).status_code == 422
    assert (await ada.post(here, data={"price": "0"})).status_code == 422


async def test_an_archived_product_is_gone_for_buyers(cast: Cast, client: Browser) -> None:
    alma = await stall()
    ada = await cast.client(await person("ada"))
    sent = {"title": alma.title, "description": "", "vat": "standard", "status": "archived"}
    await ada.post(f"/brand/products/{alma.id}", data=sent)
    assert (await client.get(f"/shop/products/{alma.id}")).status_code == 404
    assert (await ada.get(f"/brand/products/{alma.id}")).status_code == 200


def brief_form(product_id: UUID, **changes: object) -> dict[str, object]:
    today = clock.now().date()
    return {
        "title": "Noël en cuivre",
        "summary": "Three sauces, live, with questions.",
        "products": str(product_id),
        "commission": "12,5",
        "fee": "80",
        "window_days": "7",
        "hold_days": "14",
        "places": "5",
        "language": "fr",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=30)).isoformat(),
        "samples": "1",
        "act": "draft",
        **changes,
    }


async def test_a_brief_is_drafted_published_read_and_closed(cast: Cast, client: Browser) -> None:
    alma = await stall()
    ada = await cast.client(await person("ada"))
    here = (await ada.post("/brand/briefs/new", data=brief_form(alma.id))).headers["location"]
    brief = await Brief.objects().first()
    assert brief is not None
    assert (brief.commission_bp, brief.fee_minor, brief.samples) == (1250, 8000, True)
    assert (await client.get(f"/briefs/{brief.id}")).status_code == 404
    await ada.post(here, data=brief_form(alma.id, act="publish", places="3"))
    assert (await events()).count("BriefPublished") == 1
    page = await client.get(f"/briefs/{brief.id}")
    assert "12.5%" in page.text
    assert f"/briefs/{brief.id}/apply" in page.text
    changed = await ada.post(here, data=brief_form(alma.id, commission="1"))
    assert changed.status_code == 409
    await ada.post(f"{here}/close")
    assert "takes no more applications" in (await client.get(f"/briefs/{brief.id}")).text
    assert "Noël en cuivre" not in (await client.get("/briefs")).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"commission": "51"}, "A rate from 1 to 50 percent"),
        ({"commission": "0.99"}, "A rate from 1 to 50 percent"),
        ({"commission": "ten"}, "A rate from 1 to 50 percent"),
        ({"window_days": "31"}, "A whole number from 1 to 30, please."),
        ({"ends_on": "2020-01-01"}, "The last day must come after the first"),
        ({"products": ""}, "Choose at least one product that is on sale."),
        ({"title": ""}, "Please fill this in."),
    ],
)
async def test_a_brief_that_makes_no_sense_is_refused_beside_its_field(cast: Cast, wrong: dict[str, str], words: str) -> None:
    alma = await stall()
    ada = await cast.client(await person("ada"))
    answer = await ada.post("/brand/briefs/new", data=brief_form(alma.id, **wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Three sauces, live, with questions." in answer.text
    assert await Brief.count() == 0


async def test_the_public_list_is_narrowed_by_trade_language_and_commission(cast: Cast, client: Browser) -> None:
    alma = await stall()
    ada = await cast.client(await person("ada"))
    await ada.post("/brand/briefs/new", data=brief_form(alma.id, act="publish"))
    for asked, there in (
        ({"trade": "kitchen"}, True),
        ({"trade": "cycling"}, False),
        ({"language": "fr", "commission": "1000"}, True),
        ({"commission": "1500"}, False),
        ({"trade": "'; drop table brief;", "page": "-7"}, True),
    ):
        page = await client.get("/briefs", params=asked)
        assert page.status_code == 200
        assert ("Noël en cuivre" in page.text) is there, asked


async def test_another_brand_finds_nothing_of_ours(cast: Cast) -> None:
    alma = await stall()
    number = (await order(await buy(alma, await person("sam")))).number
    ada = await cast.client(await person("ada"))
    here = (await ada.post("/brand/briefs/new", data=brief_form(alma.id))).headers["location"]
    bruno = await cast.client(await cast.bruno())
    await bruno.post("/brand/new", data={"name": "Roue Libre", **PROFILE})
    variant = f"/brand/products/{alma.id}/variants/{alma.choices[0].id}"
    for path in (f"/brand/products/{alma.id}", here, f"/brand/orders/{number}"):
        assert (await bruno.get(path)).status_code == 404, path
    for path, data in (
        (f"/brand/products/{alma.id}", {"title": "Mine", "vat": "none", "status": "active"}),
        (variant, {"price": "0.01", "change": "-5"}),
        (f"/brand/products/{alma.id}/variants", {"sku": "x", "price": "1", "stock": "1"}),
        (here, brief_form(alma.id)),
        (f"{here}/close", {}),
        (f"/brand/orders/{number}/refund", {"scope": "all", "reason": "returned"}),
        ("/brand/choose", {"brand": str(alma.brand.id)}),
    ):
        assert (await bruno.post(path, data=data)).status_code == 404, path
    stolen = await bruno.post("/brand/briefs/new", data=brief_form(alma.id))
    assert stolen.status_code == 422
    assert (await bruno.get("/brand/orders")).text.count(number) == 0


async def test_a_brand_refunds_an_amount_on_a_line_and_reads_what_is_left(cast: Cast) -> None:
    alma = await stall()
    number = (await order(await buy(alma, await person("sam")))).number
    ada = await cast.client(await person("ada"))
    page = await ada.get(f"/brand/orders/{number}")
    line = re.search(r'name="(line-[0-9a-f-]+)"', page.text)
    assert line
    too_much = {"scope": "lines", "reason": "damaged", line[1]: "60.00"}
    assert (await ada.post(f"/brand/orders/{number}/refund", data=too_much)).status_code == 422
    part = {"scope": "lines", "reason": "damaged", line[1]: "20,00"}
    assert (await ada.post(f"/brand/orders/{number}/refund", data=part)).status_code == 303
    page = await ada.get(f"/brand/orders/{number}")
    assert "€20.00 go back to the buyer." in page.text
    assert "at most €39.00" in page.text
    rest = {"scope": "lines", "reason": "damaged", line[1]: "39.01"}
    refused = await ada.post(f"/brand/orders/{number}/refund", data=rest)
    assert refused.status_code == 409
    assert "At most €39.00 of this can still be refunded." in refused.text


async def test_a_person_with_two_brands_chooses_the_one_to_work_for(cast: Cast) -> None:
    browser = await cast.client(await cast.sam())
    for name in ("Cuivre & Sel", "Roue Libre"):
        await browser.post("/brand/new", data={"name": name, **PROFILE})
    assert "<h1>Roue Libre</h1>" in (await browser.get("/brand")).text
    first = await Brand.objects().where(Brand.slug == "cuivre-sel").first()
    assert first is not None
    await browser.post("/brand/choose", data={"brand": str(first.id)})
    assert "<h1>Cuivre &amp; Sel</h1>" in (await browser.get("/brand")).text


def test_no_template_of_the_goods_writes_a_style_or_a_script_into_the_page() -> None:
    for template in Path("frontend_templates/marketplace").glob("*.html"):
        assert not re.search(r'\sstyle="|<script(?![^>]*\ssrc=)|\son\w+="', template.read_text()), template
