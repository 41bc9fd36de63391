// Tells the page under the dialog that the bank's question was answered, or that the shopper wants to leave it.
"use strict";
if (document.documentElement.dataset.answered === "yes") window.parent.postMessage({ kind: "answered" }, "*");
else document.addEventListener("keydown", (event) => event.key === "Escape" && window.parent.postMessage({ kind: "left" }, "*"));
