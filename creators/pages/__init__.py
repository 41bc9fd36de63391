"""Pages of people and shows."""

from creators.pages import (
    applications,
    cockpit,
    credit,
    home,
    inbox,
    links,
    profiles,
    reported_sales,
    room,
    rooms,
    shows,
    slots,
    studio,
)

ROUTES = [
    *home.ROUTES,
    *profiles.ROUTES,
    *shows.ROUTES,
    *room.ROUTES,
    *slots.ROUTES,
    *studio.ROUTES,
    *cockpit.ROUTES,
    *applications.ROUTES,
    *inbox.ROUTES,
    *credit.ROUTES,
    *rooms.ROUTES,
    *links.ROUTES,
    *reported_sales.ROUTES,
]
