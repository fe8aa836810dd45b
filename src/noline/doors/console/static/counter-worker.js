// The counter without a network: the page and its own files from the last time they came, the rest not at all. What is known
// of customers is kept by the page, never here.
"use strict";

const KEPT = "noline-counter";
const SHELL = "/counter/shell";
const FILES = [
  "/static/noline.css", "/static/counter.css", "/static/noline.js", "/static/noline.svg", "/static/counter.js", "/static/counter-card.js",
  "/static/counter-kept.js", "/static/counter-local.js", "/static/counter-today.js", "/static/counter-words.js",
];
const PATIENCE_MS = 5000;

const refresh = async () => {
  const kept = await caches.open(KEPT);
  await kept.addAll([SHELL, ...FILES]);
};

// The page as this role sees it now; whoever is not let in leaves the kept one as it is.
const freshShell = async () => {
  const came = await fetch(SHELL).catch(() => null);
  if (came?.ok && !came.redirected) await (await caches.open(KEPT)).put(SHELL, came);
};

self.addEventListener("install", (event) => event.waitUntil(refresh().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const asked = async (request) => {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const came = await fetch(request, { signal: patience });
  if (came.status >= 502 && came.status <= 504) throw new Error(`${came.status}`);
  return came;
};

// The newest where there is a network, the last that came where there is none.
const page = async (event) => {
  try {
    const came = await asked(event.request);
    if (came.ok) event.waitUntil(freshShell());
    return came;
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  }
};

const file = async (request) => {
  try {
    const came = await asked(request);
    if (came.ok) await (await caches.open(KEPT)).put(request, came.clone());
    return came;
  } catch {
    return (await caches.match(request, { ignoreSearch: true })) ?? Response.error();
  }
};

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event));
  else if (FILES.includes(pathname)) event.respondWith(file(event.request));
});
