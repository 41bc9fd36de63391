// While the picture plays and can be seen, our server hears of it every half minute; it counts the time by its own clock.

const room = document.querySelector("[data-watching]");

const plays = () => {
  const media = [...document.querySelectorAll("video, mux-video, mux-player")];
  return document.visibilityState === "visible" && (media.length === 0 || media.some((one) => one.paused === false));
};

const tell = () => {
  if (!plays()) return;
  fetch(room.dataset.watching, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ _csrf_token: room.dataset.token, visitor: room.dataset.visitor ?? "" }),
    keepalive: true,
  }).catch(() => {});
};

if (room) {
  setTimeout(tell, 2000);
  setInterval(tell, 30_000);
}
