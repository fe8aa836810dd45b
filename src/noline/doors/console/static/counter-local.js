// A card as it is once what was tapped here is done: pure functions from a card and taps to a card. So a tap shows at once,
// with or without a network, and a purpose that was withdrawn empties the card before the hub has heard of it.

const NEUTRAL = {
  en: (name) => (name ? `Hello, ${name}.` : "Hello."),
  de: (name) => (name ? `Guten Tag, ${name}.` : "Guten Tag."),
  fr: (name) => (name ? `Bonjour ${name}.` : "Bonjour."),
  ja: (name) => (name ? `${name}、いらっしゃいませ。` : "いらっしゃいませ。"),
};

const PERSONAL = new Set(["personalisation", "profiling", "marketing"]);

const goesWith = (purpose) => (fact) =>
  fact.purpose === purpose || (purpose === "profiling" && (fact.provenance === "inferred" || fact.provenance === "observed"));

// The card without everything that rests on a purpose.
export const withoutPurpose = (card, purpose) => {
  const goes = goesWith(purpose);
  const gone = new Set(Object.keys(card.facts ?? {}).filter((id) => goes(card.facts[id])));
  const stays = (one) => ![...(one.facts ?? []), one.fact].some((id) => gone.has(id));
  const kept = (list) => list?.filter(stays);
  const personal = PERSONAL.has(purpose);
  const shown = {
    ...card,
    facts: Object.fromEntries(Object.entries(card.facts ?? {}).filter(([id]) => !gone.has(id))),
    say: kept(card.say),
    see: kept(card.see),
    owned: kept(card.owned),
    preferences: purpose === "personalisation" ? card.preferences && [] : kept(card.preferences),
    actions: card.actions?.filter((one) => stays(one) && (one.service || !personal)),
  };
  if (card.purchases) shown.purchases = purchasesWithout(card.purchases, stays, gone);
  if (card.greeting && !stays(card.greeting)) shown.greeting = { ...card.greeting, text: neutral(card), facts: [], by: "template" };
  return shown;
};

// The last purchases rest on a fact each, what is told of the year on the others.
const purchasesWithout = (purchases, stays, gone) => {
  const last = purchases.last?.filter(stays);
  const ofOne = new Set(purchases.last?.map((one) => one.fact));
  const yearGoes = purchases.facts?.some((id) => gone.has(id) && !ofOne.has(id));
  return yearGoes ? { ...purchases, last, lanes: [], primary_channel: null, primary_because: "" } : { ...purchases, last };
};

const neutral = (card) => (NEUTRAL[card.language] ?? NEUTRAL.en)(card.who?.address_as ?? "");

// As long as something is open nothing is offered.
const nothingOffered = (card) => ({ ...card, actions: card.actions?.filter((one) => one.service), suppressed: "what is open comes first" });

const EFFECTS = {
  consent: (card, { purpose, granted }, tap) => {
    const consent = card.consent?.map((one) =>
      one.purpose === purpose ? { ...one, state: granted ? "granted" : "withdrawn", since: null, tap } : one,
    );
    return granted ? { ...card, consent } : withoutPurpose({ ...card, consent }, purpose);
  },
  note: (card, { text }, tap) => ({ ...card, notes: [{ id: "", by: "", at: "", text, tap }, ...(card.notes ?? [])] }),
  "note-gone": (card, { id }) => ({ ...card, notes: card.notes?.filter((one) => one.id !== id) }),
  followUp: (card, { text, due }, tap) => ({ ...card, follow_ups: [...(card.follow_ups ?? []), { id: "", due, text, by: "", tap }] }),
  "followUp-gone": (card, { id }) => ({ ...card, follow_ups: card.follow_ups?.filter((one) => one.id !== id) }),
  adviser: (card, { name }, tap) => ({ ...card, who: card.who && { ...card.who, adviser: { by: name, since: null, tap } } }),
  case: (card, { id, did }, tap) => {
    const settled = (list) => list?.map((one) => (one.id === id ? { ...one, tap, did } : one));
    return { ...card, loops: settled(card.loops), other_loops: settled(card.other_loops) };
  },
  "case-new": (card, { what, text, order }, tap) => nothingOffered({ ...card, loops: [{ id: "", kind: what, text, order, since: null, facts: [], tap, did: "taken down here" }, ...(card.loops ?? [])] }),
  "told-late": (card, { id, text, due }, tap) => EFFECTS.followUp(EFFECTS.case(card, { id, did: "told here" }, tap), { text, due }, tap),
  appointment: (card, { id, state }, tap) => ({ ...card, appointments: card.appointments?.map((one) => (one.id === id ? { ...one, state, tap } : one)) }),
  "appointment-new": (card, { at, topic, store, place, local_at }, tap) => ({ ...card, appointments: [{ id: "", at, topic, store, place, local_at, state: "booked", tap }, ...(card.appointments ?? [])] }),
  action: (card, { programme }, tap) => ({ ...card, actions: card.actions?.map((one) => (one.programme === programme ? { ...one, tap } : one)) }),
  reserve: (card, { sku, location }, tap) => ({
    ...card,
    actions: card.actions?.map((one) => ({ ...one, items: one.items.map((item) => reserved(item, sku, location, tap)) })),
    purchases: card.purchases && { ...card.purchases, last: card.purchases.last?.map((one) => ({ ...one, items: one.items.map((item) => reserved(item, sku, location, tap)) })) },
  }),
};

const reserved = (item, sku, location, tap) =>
  item.sku !== sku ? item : { ...item, elsewhere: item.elsewhere?.map((one) => (one.location === location ? { ...one, tap } : one)) };

// What was reserved stays told as long as the page is open: units that lie there do not tell that one is this customer's.
const isNotOnTheCard = (one, at) => one.state === "waiting" || (one.state === "sent" && (one.doneAt > at || one.effect?.kind === "reserve"));

// The card with the effects of taps that the hub had not heard of when it was asked. at: when that was.
export const withTaps = (card, taps, at) =>
  taps
    .filter((one) => one.person === card.customer && isNotOnTheCard(one, at))
    .reduce((shown, one) => EFFECTS[one.effect?.kind]?.(shown, one.effect, one) ?? shown, card);
