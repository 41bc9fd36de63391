"""What a room hears of goods: what is left, and that somebody bought. Never who."""

from __future__ import annotations

from uuid import UUID

from foundation import realtime
from foundation.errors import NotFound
from marketplace.tables import LineKind, Order, OrderLine, Variant


async def tell_stock(*, order_id: UUID) -> None:
    """Tell the show in which the order was placed what is left of its products; nothing for an order outside a show."""
    show_id, products = await _sold_in_show(order_id)
    if show_id is None:
        return
    for product in products:
        rows = await Variant.select(Variant.id, Variant.stock).where(Variant.product == product).order_by(Variant.position)
        left = {str(row["id"]): row["stock"] for row in rows}
        await realtime.publish(
            f"show:{show_id}", "stock", {"product_id": str(product), "left": sum(left.values()), "variants": left}
        )


async def tell_sale(*, order_id: UUID) -> None:
    """Tell the show in which the order was placed that something was bought."""
    show_id, products = await _sold_in_show(order_id)
    if show_id is None:
        return
    for product, (title, units) in products.items():
        await realtime.publish(f"show:{show_id}", "sale", {"product_id": str(product), "title": title, "units": units})


async def _sold_in_show(order_id: UUID) -> tuple[UUID | None, dict[UUID, tuple[str, int]]]:
    order = await Order.select(Order.show_id).where(Order.id == order_id).first()
    if order is None:
        raise NotFound
    if order["show_id"] is None:
        return None, {}
    rows = await OrderLine.select(
        OrderLine.title, OrderLine.quantity, OrderLine.variant.product.as_alias("product")
    ).where((OrderLine.order == order_id) & (OrderLine.kind == LineKind.GOODS))  # fmt: skip
    products: dict[UUID, tuple[str, int]] = {}
    for row in rows:
        products[row["product"]] = (row["title"], products.get(row["product"], ("", 0))[1] + row["quantity"])
    return order["show_id"], products
