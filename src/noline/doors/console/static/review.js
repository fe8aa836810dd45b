// The review queue: each control with data-key is pressed by its key, wherever nothing is being typed, and the next pair
// slides in.
"use strict";

const KEYS = new Set(["y", "n", "h", "l", "u", "ArrowLeft", "ArrowRight"]);

// A key meant for the pair that is leaving must not decide about the one that comes, so while the next pair is asked for
// keys are dropped. Once it is seen, a key waits for the moment in which its control can be pressed.
let state = "here";
let waiting = null;

const press = (key) => document.querySelector(`[data-review] [data-key="${key}"]`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !KEYS.has(event.key)) return;
  if (event.target.closest("input, textarea, select")) return;
  if (!document.querySelector("[data-review]")) return;
  event.preventDefault();
  if (state === "here") press(event.key);
  else if (state === "arriving") waiting = event.key;
});

document.addEventListener("htmx:before:request", () => (state = "asked"));
document.addEventListener("htmx:before:swap", () => (state = "arriving"));
document.addEventListener("htmx:response:error", () => (state = "here"));
document.addEventListener("htmx:error", () => (state = "here"));
document.addEventListener("htmx:after:process", () => {
  state = "here";
  const key = waiting;
  waiting = null;
  if (key) press(key);
});

const arrive = (changes) => {
  for (const change of changes)
    for (const node of change.addedNodes) if (node.id === "pair") node.classList.add("arriving");
};

new MutationObserver(arrive).observe(document.getElementById("main"), { childList: true });
