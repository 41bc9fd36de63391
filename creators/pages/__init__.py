"""Pages of people and shows."""

from creators.pages import applications, cockpit, credit, home, profiles, room, rooms, shows, studio

ROUTES = [
    *home.ROUTES,
    *profiles.ROUTES,
    *shows.ROUTES,
    *room.ROUTES,
    *studio.ROUTES,
    *cockpit.ROUTES,
    *applications.ROUTES,
    *credit.ROUTES,
    *rooms.ROUTES,
]
