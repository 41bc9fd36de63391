// Words in the reader's language for the controls of Mux's player, which it names in English only.

const watching = new WeakMap();

const furnish = (player, video) => {
  const names = JSON.parse(player.dataset.labels || "{}");
  const theme = video.shadowRoot?.querySelector("media-theme")?.shadowRoot;
  if (!theme) return;
  const rename = (node) => {
    const label = node.getAttribute?.("aria-label");
    if (label && names[label] && names[label] !== label) node.setAttribute("aria-label", names[label]);
  };
  watching.get(player)?.disconnect();
  const watch = new MutationObserver((changes) => changes.forEach((change) => rename(change.target)));
  watching.set(player, watch);
  watch.observe(theme, { subtree: true, attributes: true, attributeFilter: ["aria-label"] });
  theme.querySelectorAll("[aria-label]").forEach(rename);
};

document.addEventListener("player:taken", ({ target, detail }) => furnish(target, detail.video));
