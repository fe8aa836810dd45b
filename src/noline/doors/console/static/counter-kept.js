// What a device keeps for a day: the client book, and what was tapped but not sent yet. Kept in IndexedDB, so that neither
// a reload nor a dead battery loses a tap.

const NAME = "noline-counter";
const MOST_TRIES = 20;
const PATIENCE_MS = 15000;

// --- The database -----------------------------------------------------------------------------------------------------

let opened = null;

const database = () => {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("cards", { keyPath: "person" });
      request.result.createObjectStore("about", { keyPath: "name" });
      request.result.createObjectStore("queue", { keyPath: "number", autoIncrement: true });
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opened;
};

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// Do something with stores in one transaction, and come back once it is kept.
const within = async (names, mode, work) => {
  const transaction = (await database()).transaction(names, mode);
  const kept = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const result = await work(...names.map((name) => transaction.objectStore(name)));
  await kept;
  return result;
};

// --- The client book ---------------------------------------------------------------------------------------------------

const today = () => new Date().toDateString();

// {store, today, at (when it was asked for)} or null; a book of another day is dropped before anybody sees it.
export const book = async () => {
  const about = await within(["about"], "readonly", (store) => answer(store.get("book")));
  if (about === undefined || about.day === today()) return about ?? null;
  await dropBook();
  return null;
};

export const keepBook = (told, besides = null) =>
  within(["cards", "about"], "readwrite", async (cards, about) => {
    await answer(cards.clear());
    for (const card of [...Object.values(told.cards), ...(besides ? [besides] : [])]) await answer(cards.put({ person: card.customer, card, at: Date.now() }));
    await answer(about.put({ name: "book", day: today(), at: Date.now(), store: told.store, today: told.today }));
  });

export const keepCard = async (card) => {
  if (await book()) await within(["cards"], "readwrite", (cards) => answer(cards.put({ person: card.customer, card, at: Date.now() })));
};

export const forgetCard = (person) => within(["cards"], "readwrite", (cards) => answer(cards.delete(person)));

// {person, card, at} or null.
export const cardOf = async (person) => {
  if (!(await book())) return null;
  return (await within(["cards"], "readonly", (cards) => answer(cards.get(person)))) ?? null;
};

export const cardsOfToday = async () => ((await book()) ? within(["cards"], "readonly", (cards) => answer(cards.getAll())) : []);

export const dropBook = () =>
  within(["cards", "about"], "readwrite", async (cards, about) => {
    await answer(cards.clear());
    await answer(about.clear());
  });

// Everything of this device goes: the book, what waits, the shell.
export const dropAll = async () => {
  await within(["cards", "about", "queue"], "readwrite", async (...stores) => {
    for (const store of stores) await answer(store.clear());
  });
  for (const name of await (self.caches?.keys() ?? [])) if (name.startsWith("noline-")) await caches.delete(name);
};

// --- What was tapped ------------------------------------------------------------------------------------------------

export const newKey = () => `tap-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

// Keep a tap: {path, body, person, words, effect}. Its key is made now, so that however often it is sent it is done once.
export const tap = ({ path, body, person, words, effect }) =>
  within(["queue"], "readwrite", (queue) =>
    answer(queue.add({ key: newKey(), path, body: JSON.stringify(body), person, words, effect, at: Date.now(), state: "waiting", why: "", tries: 0 })),
  );

export const taps = () => within(["queue"], "readonly", (queue) => answer(queue.getAll()));

export const dismiss = (number) => within(["queue"], "readwrite", (queue) => answer(queue.delete(number)));

// What was sent before a moment is in the cards asked for since: it need not be kept.
export const dropSent = (before, person = null) =>
  within(["queue"], "readwrite", async (queue) => {
    for (const one of await answer(queue.getAll()))
      if (one.state === "sent" && one.doneAt <= before && (person === null || one.person === person)) await answer(queue.delete(one.number));
  });

const keep = (one) => within(["queue"], "readwrite", (queue) => answer(queue.put(one)));

// Send what waits, in its order, until it is done, the network is gone, or somebody has to log in. What the hub cannot do
// yet holds back what follows of the same customer and of no other. Answers how it ended: done, busy (another page
// sends), offline, later, login.
export const send = async (changed) => {
  if (!navigator.locks) return sendAll(changed);
  return navigator.locks.request(`${NAME}-send`, { ifAvailable: true }, (lock) => (lock ? sendAll(changed) : "busy"));
};

const sendAll = async (changed) => {
  const held = new Set();
  for (;;) {
    const one = (await taps()).find(({ state, person }) => state === "waiting" && !held.has(person));
    if (!one) return held.size ? "later" : "done";
    const ended = await sendOne(one);
    await changed();
    if (ended === "later") held.add(one.person);
    else if (ended) return ended;
  }
};

const sendOne = async (one) => {
  const headers = { "content-type": "application/json", "idempotency-key": one.key, accept: "application/json" };
  let came;
  try {
    came = await fetch(one.path, { method: "POST", headers, body: one.body, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return "offline";
  }
  const told = await came.json().catch(() => ({}));
  if (came.ok) return done(one, "sent", "");
  if (came.status === 401) return "login";
  const mayHelp = told.retryable || came.status >= 500 || came.status === 429;
  if (!mayHelp || one.tries + 1 >= MOST_TRIES) return done(one, "refused", refusal(came, told));
  await keep({ ...one, tries: one.tries + 1, why: refusal(came, told) });
  return "later";
};

const refusal = (came, told) => told.message ?? `The hub answered ${came.status}.`;

const done = async (one, state, why) => {
  await keep({ ...one, state, why, doneAt: Date.now() });
  return null;
};
