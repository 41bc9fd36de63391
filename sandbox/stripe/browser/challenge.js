// Tells the page under the dialog that the bank's question was answered.
"use strict";
if (document.documentElement.dataset.answered === "yes") window.parent.postMessage({ kind: "answered" }, "*");
