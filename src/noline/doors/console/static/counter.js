// The counter: shows a card or the day from the JSON the page came with, or from what the device kept; sends what was
// tapped, in order, as soon as it can.

import { draw } from "./counter-card.js";
import { book, cardOf, cardsOfToday, dismiss, dropAll, dropBook, dropSent, forgetCard, keepBook, keepCard, send, tap, taps } from "./counter-kept.js";
import { withTaps } from "./counter-local.js";
import { drawFound, drawToday, findIn } from "./counter-today.js";
import { ago, clock, h, plural, standAt } from "./counter-words.js";

const EVERY_MS = 10000;
const AGAIN_MS = 3000;
const BOOK_EVERY_MS = 10 * 60000;
const SENT_SHOWN_MS = 8000;

const NAME = "noline_by";
const A_YEAR_S = 365 * 86400;

const place = document.getElementById("counter");
const told = JSON.parse(document.getElementById("counter-data").textContent);
const shown = { view: told.view, card: told.card ?? null, today: told.today ?? null, at: Date.now(), online: told.view !== "shell", login: false, lost: "" };
const drawn = {};
const store = () => told.store || shown.store || "";

// --- What is shown ------------------------------------------------------------------------------------------------

// What somebody typed or opened survives a new drawing.
const remembering = (drawing) => {
  const typed = [...place.querySelectorAll("input[id], textarea[id], select[id]")].map((one) => [one.id, one.value]);
  const open = [...place.querySelectorAll("details[open][data-kept]")].map((one) => one.dataset.kept);
  const focused = document.activeElement?.id;
  const from = place.contains(document.activeElement);
  drawing();
  if (from) place.focus({ preventScroll: true });
  for (const name of open) place.querySelector(`details[data-kept="${CSS.escape(name)}"]`)?.setAttribute("open", "");
  for (const [id, value] of typed) if (document.getElementById(id)) document.getElementById(id).value = value;
  if (from && focused) document.getElementById(focused)?.focus();
};

// Nothing is drawn anew that would look the same: whoever reads or types keeps their place.
const isNews = (name, value) => {
  const text = JSON.stringify(value);
  const news = drawn[name] !== text;
  drawn[name] = text;
  return news;
};

// Times are those of the store: a card and a day tell how far it is ahead of UTC.
const stand = ({ view, card, today }) => standAt((view === "customer" ? card : today)?.utc_offset_minutes);

const show = async () => {
  const queue = await taps();
  stand(shown);
  if (isNews("page", [shown.view, shown.card, shown.today, shown.found, shown.lost, queue.map((one) => [one.number, one.state])])) remembering(() => {
    if (shown.view === "customer" && shown.card) place.replaceChildren(draw(withTaps(shown.card, queue, shown.at), desk));
    else if (shown.view === "today" && shown.today) place.replaceChildren(drawToday(shown.today));
    else if (shown.view === "found") place.replaceChildren(drawFound(shown.found, shown.text));
    else if (shown.lost) place.replaceChildren(h("p", { class: "note" }, shown.lost));
  });
  showState(queue);
};

// --- Offline, and what waits ----------------------------------------------------------------------------------------

const showState = (queue) => {
  const state = document.getElementById("counter-state");
  const waits = queue.filter((one) => one.state === "waiting");
  const lines = [];
  if (shown.login) lines.push(h("p", { class: "note alarm-note" }, "You are logged out. ", h("a", { href: `/login?next=${encodeURIComponent(location.pathname)}` }, "Log in"), ` to go on${waits.length ? `; ${plural(waits.length, "thing waits", "things wait")} to be sent` : ""}.`));
  else if (!shown.online) lines.push(h("p", { class: "note offline-note" }, h("strong", {}, "Offline"), `, data of ${clock(shown.at)} (${ago(Date.now() - shown.at)} old). What you do is kept and sent later.`));
  const list = queue.filter((one) => one.state !== "sent" || Date.now() - one.doneAt < SENT_SHOWN_MS || !shown.online);
  if (list.length) lines.push(h("ul", { class: "outbox", "aria-label": "What was done here" }, list.map(outboxRow)));
  if (isNews("state", lines.map((one) => [one.className, one.textContent]))) state.replaceChildren(...lines);
};

const OUTBOX = { waiting: "waiting", sent: "sent", refused: "refused" };

const outboxRow = (one) =>
  h("li", { class: `is-${one.state}` },
    h("span", { class: "tag" }, OUTBOX[one.state]),
    h("span", {}, one.words, one.why && h("span", { class: "line-soft" }, one.why)),
    one.state === "refused" && h("button", { type: "button", class: "quiet", "aria-label": `Put away: ${one.words}`, onclick: async () => { await dismiss(one.number); await show(); } }, "Put away"));

const flush = async () => {
  const before = (await taps()).filter((one) => one.state === "waiting");
  if (!before.length) return;
  const ended = await send(show);
  if (ended !== "done" && ended !== "login") trySoon();
  if (ended === "busy") return;
  shown.online = ended !== "offline";
  shown.login = ended === "login";
  const sentFor = (await taps()).some((one) => one.state === "sent" && one.doneAt > shown.at && one.person === shown.card?.customer);
  if (sentFor && shown.online) await freshCard();
  await show();
};

// What waits is tried again sooner than the page looks around by itself.
const trySoon = () => {
  clearTimeout(shown.soon);
  shown.soon = setTimeout(keepUp, AGAIN_MS);
};

const desk = {
  seesAll: told.sees_all,
  stores: told.stores ?? [],
  tap: async (one) => {
    const by = whoWorks();
    await tap({ ...one, body: by ? { ...one.body, by } : one.body, person: shown.card.customer });
    await show();
    await flush();
  },
  speak: (language) => freshCard(language),
};

// --- Who works here --------------------------------------------------------------------------------------------------

const whoWorks = () => decodeURIComponent(document.cookie.match(new RegExp(`(?:^|; )${NAME}=([^;]*)`))?.[1] ?? "");

const askWhoWorks = () => {
  const field = document.getElementById("by");
  if (!field) return;
  field.value = whoWorks();
  field.addEventListener("change", () => (document.cookie = `${NAME}=${encodeURIComponent(field.value.trim())}; path=/; max-age=${A_YEAR_S}; samesite=lax`));
};

// --- Asking the hub -----------------------------------------------------------------------------------------------------

const ask = async (path) => {
  let came;
  try {
    came = await fetch(path, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(8000) });
  } catch {
    shown.online = false;
    return null;
  }
  shown.online = true;
  shown.login = came.status === 401;
  if (shown.login) await dropBook();
  return came;
};

const cardPath = (language) => {
  const asked = new URLSearchParams({ store: store(), presence: shown.card.presence, lang: language, found_by: shown.card.who?.identified_by ?? "" });
  return `/counter/customers/${encodeURIComponent(shown.card.customer)}.json?${asked}`;
};

const freshCard = async (language = shown.card.language) => {
  const asked = Date.now();
  const came = await ask(cardPath(language));
  if (came?.ok) {
    shown.card = await came.json();
    shown.at = asked;
    const address = new URL(location.href);
    address.searchParams.set("lang", language);
    history.replaceState(null, "", address);
    await keepCard(shown.card);
  } else if (came?.status === 404) {
    await forgetCard(shown.card.customer);
    Object.assign(shown, { view: "lost", card: null, lost: "This customer is not known here any more." });
  }
  await show();
};

const freshBook = async () => {
  const kept = await book();
  if (!store() || (kept?.store === store() && Date.now() - kept.at < BOOK_EVERY_MS)) return;
  const came = await ask(`/counter/book?store=${encodeURIComponent(store())}`);
  if (came?.ok) await keepBook(await came.json(), shown.card);
};

// --- Without a network ------------------------------------------------------------------------------------------------

const CUSTOMER = /^\/counter\/customers\/([^/]+)$/;

// The page is the kept shell: what it shows comes from the device.
const fromKept = async () => {
  const kept = await book();
  const asked = location.pathname.match(CUSTOMER);
  const text = new URLSearchParams(location.search).get("q");
  shown.store = kept?.store;
  if (!kept) shown.lost = "There is no network, and nothing of today is kept on this device.";
  else if (asked) await keptCard(decodeURIComponent(asked[1]));
  else if (text) Object.assign(shown, { view: "found", found: findIn(await cardsOfToday(), text), text, at: kept.at });
  else Object.assign(shown, { view: "today", today: kept.today, at: kept.at });
  const field = document.getElementById("q");
  if (text && field) field.value = text;
};

const keptCard = async (person) => {
  const kept = await cardOf(person);
  if (kept) Object.assign(shown, { view: "customer", card: kept.card, at: kept.at });
  else shown.lost = "There is no network, and this customer is not in today’s book.";
};

const backOnline = async () => {
  if (shown.online || shown.login) return;
  const came = await ask("/healthz");
  if (!came?.ok) return;
  await flush();
  if (shown.view === "customer") await freshCard();
  else if (told.view === "shell") location.reload();
};

// A book of yesterday is nobody's business, also where a page stays open over night.
const dropWhatIsOld = async () => {
  if (new Date(shown.at).toDateString() === new Date().toDateString()) return;
  await dropBook();
  if (!shown.online) Object.assign(shown, { view: "lost", card: null, today: null, lost: "The book of yesterday was dropped." });
};

// --- Logging out --------------------------------------------------------------------------------------------------------

const leave = async (event) => {
  event.preventDefault();
  const waits = (await taps()).filter((one) => one.state === "waiting");
  if (waits.length && !confirm(`${plural(waits.length, "thing was", "things were")} not sent yet and will be lost. Log out?`)) return;
  await dropAll();
  event.target.submit();
};

// --- Begin ------------------------------------------------------------------------------------------------------------

const keepUp = async () => {
  await dropWhatIsOld();
  await backOnline();
  if (shown.online && !shown.login) await flush();
  await show();
};

// The second click of a double click does nothing: what was drawn meanwhile may have moved under the finger.
const dropSecondClick = (event) => {
  if (event.detail < 2 || !event.target.closest("button")) return;
  event.preventDefault();
  event.stopPropagation();
};

const begin = async () => {
  askWhoWorks();
  place.addEventListener("click", dropSecondClick, true);
  document.querySelector('form[action="/logout"]')?.addEventListener("submit", leave);
  if (told.view === "shell") await fromKept();
  else await dropSent(Date.now());
  await show();
  document.documentElement.dataset.counter = "ready";
  for (const name of ["online", "focus"]) addEventListener(name, keepUp);
  addEventListener("offline", () => { shown.online = false; show(); });
  if (shown.online) await navigator.serviceWorker?.register("/counter-worker.js", { scope: "/counter" }).catch(() => null);
  navigator.serviceWorker?.ready.then(() => (document.documentElement.dataset.offline = "ready"));
  if (shown.card) await keepCard(shown.card);
  await flush();
  if (shown.online) await freshBook();
  await show();
  document.documentElement.dataset.counter = "kept";
  setInterval(keepUp, EVERY_MS);
};

begin();
