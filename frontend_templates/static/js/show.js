// What every page of a show does: the room, the page before it, the replay.

/* Sharing: the system's sheet where there is one, else the address is copied. */

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-share]");
  if (!button) return;
  const url = new URL(button.dataset.share, location.href).href;
  if (navigator.share) await navigator.share({ title: document.title, url }).catch(() => {});
  else { await navigator.clipboard?.writeText(url); button.dataset.copied = ""; setTimeout(() => delete button.dataset.copied, 2000); }
});

/* Before the show: the page becomes the room by itself. A little later for some, so that not everybody asks at once. */

document.querySelector("[data-event]")?.addEventListener("live:show", () => setTimeout(() => location.reload(), Math.random() * 2000));
