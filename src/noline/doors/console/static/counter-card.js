// The card of one customer, drawn from its JSON: the open matter first, what may be said large, what is only to be seen
// small and marked. What the JSON does not have is not there.

import { newKey } from "./counter-kept.js";
import { CASES, LANGUAGES, LOOPS, PURPOSES, channel, dateOfToday, day, endOf, h, instantOf, money, month, plural, provenance, svg, title, when, whenThere } from "./counter-words.js";

const customerAt = (card, rest) => `/v1/customers/${encodeURIComponent(card.customer)}/${rest}`;

// --- Small pieces ------------------------------------------------------------------------------------------------

const waiting = (tap) => tap && h("span", { class: "tag tag-tap" }, tap.state === "sent" ? "sent" : "waiting");

const section = (name, heading, ...children) =>
  h("section", { class: `card block block-${name}`, "aria-labelledby": `${name}-heading` }, h("h2", { id: `${name}-heading` }, heading), children);

const many = (list) => Array.isArray(list) && list.length > 0;

const fold = (name, summary, ...children) =>
  h("details", { data: { kept: name } }, h("summary", { class: "button small-button" }, summary), children);

// A label with its field. told: the attributes of the field; without `autocomplete` a browser helps nobody.
const field = (label, told) => [h("label", { for: told.id }, label), h("input", { autocomplete: "off", required: true, maxlength: 500, ...told })];

// A label with a choice of [value, words].
const choice = (label, told, chosen, among) => [
  h("label", { for: told.id }, label),
  h("select", told, among.map(([value, said]) => h("option", { value, selected: value === chosen }, said))),
];

// What is done with words, behind a button that opens it.
const deed = (name, button, says, does, ...fields) =>
  h("details", { data: { kept: name } }, h("summary", { class: "button" }, button), h(
    "form", { class: "stack", onsubmit: submit(does) }, fields, h("button", { class: "main", type: "submit" }, says),
  ));

// The form closes and empties before anything is waited for, so that a second tap finds nothing to send.
const submit = (does) => (event) => {
  event.preventDefault();
  const said = Object.fromEntries(new FormData(event.target));
  event.target.closest("details")?.removeAttribute("open");
  event.target.reset();
  return does(said);
};

// What a button does, once: until the card is drawn anew it takes no second tap.
const once = (does) => async ({ currentTarget: button }) => {
  button.disabled = true;
  try {
    await does();
  } catch (cause) {
    button.disabled = false;
    throw cause;
  }
};

// Where something is settled that a channel may have named: no path can hold an id with a slash, or of dots alone.
const settledAt = (kind, id, verb) => {
  const fits = !id.includes("/") && id !== "." && id !== "..";
  return fits ? `/v1/${kind}s/${encodeURIComponent(id)}/${verb}` : `/v1/${kind}s/-/${verb}?id=${encodeURIComponent(id)}`;
};

const inSentence = (text) => text.slice(0, 1).toLowerCase() + text.slice(1);

// Why something is said or seen: its facts, each with where it comes from and what it rests on.
const why = (card, desk, ids, name) => {
  const facts = (ids ?? []).map((id) => [id, card.facts?.[id]]).filter(([, fact]) => fact);
  if (!facts.length) return null;
  return h(
    "details", { class: "why", data: { kept: name } },
    h("summary", { "aria-label": "Why?" }, "why"),
    h("ul", { class: "evidence-list" }, facts.map(([, fact]) => evidence(fact, desk))),
  );
};

const evidence = (fact, desk) => {
  const value = Array.isArray(fact.value) ? fact.value.join(", ") : `${fact.value}`;
  const rests = (fact.evidence ?? []).slice(0, 6);
  return h(
    "li", {},
    h("strong", {}, title(fact.key.replaceAll(/[._]/g, " "))), `: ${value}${fact.unit ? ` ${fact.unit}` : ""}`,
    h(
      "span", { class: "line-soft" },
      `${title(provenance(fact.provenance))}, ${day(fact.observed_at)}. `,
      rests.length > 0 && ["Rests on ", rests.map((one, at) => [at > 0 && ", ", restsOn(one, desk)]), fact.evidence.length > 6 && ` and ${fact.evidence.length - 6} more`, ". "],
      fact.because && `${title(fact.because)}.`,
    ),
  );
};

const restsOn = (one, desk) => {
  const [kind, ...rest] = one.split(":");
  const name = rest.join(":");
  if (kind === "order") return h("a", { href: `/orders/${encodeURIComponent(name)}` }, `order ${name}`);
  if (kind === "record") return desk.seesAll ? h("a", { href: `/records/${encodeURIComponent(name)}` }, `record ${name}`) : `record ${name}`;
  return kind === "told" ? `what was told of ${name}` : `${kind} ${name}`;
};

// --- Left: who, consent, adviser -----------------------------------------------------------------------------------

const RECOGNISED = { declared: "", appointment: "has an appointment", pickup: "comes to collect" };

const whoIs = (card, desk) => {
  const who = card.who;
  const other = who.address_as && who.address_as !== who.name;
  return h(
    "section", { class: "card block block-who", "aria-labelledby": "who-heading" },
    h("h2", { id: "who-heading", class: "who-name", lang: card.language }, who.name ?? "No name is known"),
    other && h("p", { class: "address", lang: card.language }, h("span", { class: "hidden" }, "Address as: "), who.address_as),
    h("p", { class: "soft" }, [who.city, RECOGNISED[who.identified_by] ?? who.identified_by].filter(Boolean).join(", ")),
    h("div", { class: "who-deeds" },
      h("a", { class: "touch", href: `/customers/${encodeURIComponent(card.customer)}` }, "Everything about this customer"),
      "loops" in card && newCase(card, desk)),
  );
};

// What the customer asks for, as it will stand among the open matters.
const newCase = (card, desk) => {
  const orders = [...new Set((card.purchases?.last ?? []).map((one) => one.order).filter(Boolean))];
  const take = ({ kind, topic, text, order }) => {
    const body = { kind, topic, ...(text && { text }), ...(order && { order }), ...(card.store && { store: card.store }) };
    return desk.tap({ path: customerAt(card, "cases"), body, words: `${LOOPS[kind]}: ${topic}`, effect: { kind: "case-new", what: kind, text: text || topic, order: order || null } });
  };
  return deed("case", "Complaint or question …", "Take it down", take,
    choice("What is it?", { id: "case-kind", name: "kind" }, "complaint", Object.entries(CASES)),
    field("What is it about?", { id: "case-topic", name: "topic", maxlength: 200 }),
    h("label", { for: "case-text" }, "In the customer’s words"), h("textarea", { id: "case-text", name: "text", maxlength: 2000, rows: 2 }),
    many(orders) && choice("Of which order?", { id: "case-order", name: "order" }, "", [["", "Of none"], ...orders.map((one) => [one, `Order ${one}`])]));
};

const adviser = (card, desk) => {
  const now = card.who.adviser;
  return section(
    "adviser", "Adviser",
    h("p", {}, now ? [h("strong", {}, now.by), " ", waiting(now.tap), now.since && h("span", { class: "line-soft" }, `since ${day(now.since)}`)] : h("span", { class: "soft" }, "No adviser yet.")),
    fold("adviser", now ? "Another adviser" : "Name an adviser", h(
      "form", { class: "stack", onsubmit: submit(({ name }) => desk.tap({ path: customerAt(card, "adviser"), body: { by_name: name }, words: `Adviser: ${name}`, effect: { kind: "adviser", name } })) },
      h("label", { for: "adviser-name" }, "Who advises this customer?"),
      h("input", { id: "adviser-name", name: "name", required: true, maxlength: 100, autocomplete: "off" }),
      h("button", { class: "main", type: "submit" }, "Name"),
    )),
  );
};

const STATES = { granted: ["✓", "agreed"], withdrawn: ["✕", "withdrawn"], unknown: ["?", "not asked"] };

const consent = (card, desk) =>
  section("consent", "Consent", h("ul", { class: "consent" }, card.consent.map((one) => consentRow(card, desk, one))));

const consentRow = (card, desk, one) => {
  const [sign, words] = STATES[one.state] ?? STATES.unknown;
  const granted = one.state === "granted";
  const name = PURPOSES[one.purpose] ?? title(one.purpose);
  const ask = (yes) =>
    desk.tap({
      path: customerAt(card, "consent"),
      body: { purpose: one.purpose, granted: yes, channel: "any", method: "counter" },
      words: `${name}: ${yes ? "agreed" : "withdrawn"}`,
      effect: { kind: "consent", purpose: one.purpose, granted: yes },
    });
  return h(
    "li", { class: `is-${one.state}` },
    h("span", { class: "sign-round", "aria-hidden": "true" }, sign),
    h("span", {}, h("strong", {}, name), h("span", { class: "line-soft" }, words, one.since && `, ${day(one.since)}`, " ", waiting(one.tap))),
    h("button", { type: "button", "aria-label": `${granted ? "Withdraw" : "Agree"}: ${name}`, onclick: once(() => ask(!granted)) }, granted ? "Withdraw" : "Agree"),
  );
};

// --- Centre: open matters, words, actions ------------------------------------------------------------------------------

// Whether an open matter rests on something of a kind: on a case, or on a review.
const restsOnA = (kind) => (card, one) => one.facts.some((id) => card.facts?.[id]?.evidence?.includes(`${kind}:${one.id}`));
const isCase = restsOnA("case");
const isReview = restsOnA("review");

const loops = (card, desk) =>
  h(
    "section", { class: "loops", "aria-label": "Open matters" },
    card.loops.map((one) => loop(card, desk, one)),
    card.more_loops > 0 && moreLoops(card, desk),
  );

// What is open beyond the gravest, each with how it ends; beyond that what the customer's page tells.
const moreLoops = (card, desk) => {
  const others = card.other_loops ?? [];
  const rest = card.more_loops - others.length;
  return [
    many(others) && h("details", { class: "more-loops", data: { kept: "more-loops" } },
      h("summary", { class: "button" }, plural(others.length, "more open matter", "more open matters")), others.map((one) => loop(card, desk, one))),
    rest > 0 && h("p", {}, h("a", { class: "touch", href: `/customers/${encodeURIComponent(card.customer)}` }, `${plural(rest, "more open matter", "more open matters")} on the customer’s page`)),
  ];
};

const loop = (card, desk, one) =>
  h(
    "article", { class: `card loop${one.tap ? " is-tapped" : ""}` },
    h("h2", {}, isReview(card, one) && one.stars ? ["Open review, ", stars(one.stars)] : LOOPS[one.kind] ?? title(one.kind.replaceAll("_", " "))),
    h("p", { class: "loop-text" }, one.text),
    h(
      "div", { class: "loop-deeds" },
      one.order && h("a", { class: "button", href: `/orders/${encodeURIComponent(one.order)}` }, `Order ${one.order}`),
      one.tap ? h("p", {}, waiting(one.tap), ` ${one.did}`) : ending(card, desk, one),
      why(card, desk, one.facts, `why-loop-${one.id}`),
    ),
  );

const MOST_STARS = 5;

const stars = (given) => {
  const full = Math.max(0, Math.min(MOST_STARS, Math.round(given)));
  return h("span", { role: "img", "aria-label": `${given} of ${MOST_STARS} stars` }, "★".repeat(full) + "☆".repeat(MOST_STARS - full));
};

// How a matter ends, or goes on: a case is closed, a review answered, of a late order the customer is told.
const ending = (card, desk, one) => {
  const named = (what) => `${what}-${one.id}`;
  const settle = (path, words, did) => ({ outcome }) => desk.tap({ path, body: { outcome }, words: `${words}: ${inSentence(one.text)}`, effect: { kind: "case", id: one.id, did } });
  const outcome = (label) => field(label, { id: named("outcome"), name: "outcome" });
  if (isCase(card, one)) return deed(named("loop"), "Close it …", "Close it", settle(settledAt("case", one.id, "resolve"), "Closed", "closed here"), outcome("What was done?"));
  if (isReview(card, one)) return deed(named("loop"), "Answered …", "It is answered", settle(settledAt("review", one.id, "answer"), "Answered", "answered here"), outcome("What was the customer told?"));
  if (one.kind === "late_order") return tellLate(card, desk, one, named);
  if (one.kind === "pending_return") return h("a", { class: "button", href: "/today#returns" }, "Returns here");
  return null;
};

// A late order stays open until it is there. Who was told of it is noted as what is to be done next, which names the order.
const tellLate = (card, desk, one, named) => {
  const begins = `Order ${one.id} is late, the customer was told: `;
  const planned = card.follow_ups?.find(({ text }) => text.startsWith(begins));
  const tell = ({ said, due }) => {
    const text = `${begins}${said}`;
    return desk.tap({ path: customerAt(card, "follow-ups"), body: { text, due: endOf(due) }, words: `Told of the late order ${one.id}`, effect: { kind: "told-late", id: one.id, text, due } });
  };
  return [
    planned && h("p", { class: "told" }, h("span", { class: "tag" }, "told"), ` look again ${when(planned.due)}`),
    "follow_ups" in card && deed(named("loop"), planned ? "Told again …" : "Customer was told …", "Note it", tell,
      field("What was the customer told?", { id: named("said"), name: "said", maxlength: 300 }),
      field("When to look again?", { id: named("due"), name: "due", type: "date", value: dateOfToday() })),
  ];
};

const words = (card, desk) => {
  const said = [{ ...card.greeting, greeting: true }, ...(card.say ?? [])].filter((one) => one.text);
  return h(
    "section", { class: "card block block-say", "aria-labelledby": "say-heading" },
    h("div", { class: "say-head" }, h("h2", { id: "say-heading" }, card.greeting?.apology ? "Say, and apologise first" : "Say"), languages(card, desk)),
    h("ul", { class: "say", lang: card.language }, said.map((one, at) => h(
      "li", { class: one.greeting ? "is-greeting" : null },
      h("p", {}, one.text),
      why(card, desk, one.facts, `why-say-${at}`),
    ))),
  );
};

const languages = (card, desk) =>
  h("div", { class: "languages", role: "group", "aria-label": "Language of the words to say" }, Object.entries(LANGUAGES).map(([code, name]) =>
    h("button", { type: "button", lang: code, "aria-pressed": `${code === card.language}`, title: name, onclick: () => desk.speak(code) }, code.toUpperCase(), h("span", { class: "hidden" }, ` ${name}`))));

const seen = (card, desk) =>
  h(
    "section", { class: "block block-see", "aria-labelledby": "see-heading" },
    h("h2", { id: "see-heading" }, "See ", h("span", { class: "tag not-spoken" }, "not spoken")),
    h("ul", { class: "chips" }, card.see.map((one) => h("li", { class: "chip" }, h("span", {}, one.text), why(card, desk, one.facts, `why-see-${one.key}`)))),
  );

const pickups = (card) =>
  section("pickups", "Ready to collect here", h("ul", { class: "rows" }, card.pickups.map((one) => h(
    "li", {},
    h("a", { href: `/orders/${encodeURIComponent(one.order)}`, class: "strong touch" }, `Order ${one.order}`), h("span", { class: "soft" }, ` ready ${when(one.since)}`),
    h("ul", { class: "goods" }, one.lines.map((line) => h("li", {}, h("strong", { class: "times" }, `${line.units} ×`), h("span", {}, line.name)))),
    one.fulfilment ? h("p", {}, h("a", { class: "button", href: `/today?q=${encodeURIComponent(one.order)}#ready` }, "Hand it over"))
    : h("p", { class: "soft" }, "Handed over in the channel that it came from."),
  ))));

const actions = (card, desk) =>
  section("actions", "Next best actions", h("ul", { class: "actions" }, card.actions.map((one) => action(card, desk, one))));

const ANSWERS = { accepted: "Accepted", declined: "Declined", overruled: "Overruled" };

const action = (card, desk, one) => {
  const answer = (said, reason) =>
    desk.tap({
      path: customerAt(card, `actions/${encodeURIComponent(one.programme)}`),
      body: reason ? { answer: said, reason } : { answer: said },
      words: `${one.title}: ${ANSWERS[said].toLowerCase()}`,
      effect: { kind: "action", programme: one.programme },
    });
  return h(
    "li", { class: `action${one.tap ? " is-tapped" : ""}` },
    h("h3", {}, one.title, " ", waiting(one.tap)),
    one.reason && h("p", {}, one.reason),
    many(one.items) && h("ul", { class: "stock" }, one.items.map((item) => stock(card, desk, item))),
    h("div", { class: "effect" }, h("p", { class: "line-soft" }, effect(one)), why(card, desk, one.facts, `why-action-${one.programme}`)),
    !one.tap && h(
      "div", { class: "answer-deeds" },
      h("button", { type: "button", class: "main", "aria-label": `Accepted: ${one.title}`, onclick: once(() => answer("accepted")) }, "Accepted"),
      h("button", { type: "button", "aria-label": `Declined: ${one.title}`, onclick: once(() => answer("declined")) }, "Declined"),
      h("details", { data: { kept: `overrule-${one.programme}` } }, h("summary", { class: "button" }, "Overrule …"), h(
        "form", { class: "stack", onsubmit: submit(({ reason }) => answer("overruled", reason)) },
        h("label", { for: `reason-${one.programme}` }, "Why is this wrong for this customer?"),
        h("input", { id: `reason-${one.programme}`, name: "reason", required: true, maxlength: 500, autocomplete: "off" }),
        h("button", { type: "submit", class: "main" }, "Overrule"),
      )),
    ),
  );
};

const points = (share) => `${share < 0 ? "−" : "+"}${Math.abs(share * 100).toFixed(1)}`;

const effect = (one) => {
  if (!one.effect) return one.effect_because ? `Effect: ${inSentence(one.effect_because)}.` : null;
  const { share, low, high, cases } = one.effect;
  return `Effect: ${points(share)} points (${points(low)} to ${points(high)}), from ${plural(cases, "case", "cases")}.`;
};

const stock = (card, desk, item) => {
  // It is paid where it is collected, so no price has to be known here. The order has its id from here, so that it is
  // one order also when somebody else is logged in by the time it is sent again.
  const reserve = (place) =>
    desk.tap({
      path: "/v1/orders",
      body: { channel: "store", order_id: `counter-${newKey()}`, store_id: card.store, customer: { person: card.customer }, deliver: { method: "pickup", location: place.location }, lines: [{ sku: item.sku, units: 1 }], unpriced: true },
      words: `Reserve ${item.name} at ${place.place}`,
      effect: { kind: "reserve", sku: item.sku, location: place.location },
    });
  const lacks = !(item.here > 0);
  const elsewhere = (item.elsewhere ?? []).filter((one) => one.tap || (lacks && one.units > 0)).slice(0, 3);
  return h(
    "li", {},
    h("span", { class: "stock-name" }, h("strong", {}, item.name), h("span", { class: `here${item.here > 0 ? " is-here" : ""}` }, item.here > 0 ? `${item.here.toLocaleString("en")} here` : "none here")),
    many(elsewhere) && h("ul", { class: "elsewhere" }, elsewhere.map((place) => h(
      "li", {},
      h("span", {}, place.place, h("span", { class: "soft" }, ` ${place.units.toLocaleString("en")} there`)),
      place.tap ? h("span", {}, waiting(place.tap), " reserved")
      : h("button", { type: "button", "aria-label": `Reserve there: ${item.name}, ${place.place}`, onclick: once(() => reserve(place)) }, "Reserve there"),
    ))),
  );
};

const preferences = (card, desk) =>
  section("preferences", "Likes", h("ul", { class: "rows facts-list" }, card.preferences.map((one) => h(
    "li", {},
    h("span", {}, h("strong", {}, title(one.key.replaceAll("_", " "))), " ", h("span", { class: "tag" }, one.declared ? "told" : "from purchases"), h("span", { class: "line-soft" }, one.text)),
    gauge(one),
    why(card, desk, [one.fact], `why-preference-${one.key}-${one.declared}`),
  ))));

const gauge = (one) => {
  if (typeof one.value !== "number" || !one.of) return null;
  const width = (100 * one.value) / one.of;
  return svg("svg", { class: "bar", height: 8, "aria-hidden": "true", focusable: "false" }, svg("rect", { class: "track", width: "100%", height: 8, rx: 4 }), svg("rect", { class: "fill", width: `${width}%`, height: 8, rx: 4 }));
};

const owned = (card, desk) =>
  section("owned", "Owns", h("ul", { class: "rows facts-list" }, card.owned.map((one) => h(
    "li", {},
    h("span", {}, h("strong", {}, one.name), h("span", { class: "line-soft" }, `bought ${day(one.bought_at)}`, one.warranty_until && `, warranty until ${day(one.warranty_until)}`), many(one.fits) && h("span", { class: "line-soft" }, `Fits: ${one.fits.map(({ name }) => name).join(", ")}`)),
    why(card, desk, [one.fact], `why-owned-${one.sku}`),
  ))));

// --- Right: what was bought, what is planned, what was written ----------------------------------------------------------

const purchases = (card, desk) => {
  const bought = card.purchases;
  return section(
    "purchases", "Bought",
    h("p", {}, bought.primary_channel ? [h("strong", {}, title(channel(bought.primary_channel))), ", ", bought.primary_because] : h("span", { class: "soft" }, `Main channel: ${bought.primary_because || "none yet"}.`)),
    many(bought.lanes) && lanes(bought),
    many(bought.last) && h("ul", { class: "rows last" }, bought.last.map((one, at) => lastOf(card, desk, one, missing(one, bought.last.slice(0, at))))),
  );
};

const lanes = (bought) => {
  const most = Math.max(1, ...bought.lanes.flatMap((one) => one.months));
  return h(
    "div", { class: "year" },
    bought.lanes.map((one) => h("div", { class: "year-lane" }, h("span", { class: "year-name" }, title(channel(one.channel))), picture(one, bought.months, most), h("span", { class: "year-count" }, `${one.orders}`))),
    h("div", { class: "year-lane year-months", "aria-hidden": "true" }, h("span"), h("span", {}, bought.months.map((value) => h("span", {}, month(value).slice(0, 1)))), h("span")),
  );
};

const picture = (lane, months, most) => {
  const busy = lane.months.map((count, at) => (count ? `${month(months[at])} ${count}` : null)).filter(Boolean);
  const drawn = lane.months.map((count, at) => {
    const height = count ? Math.max(5, (22 * count) / most) : 1.5;
    return svg("rect", { class: count ? "fill" : "none", x: at * 10 + 1, width: 8, y: 24 - height, height });
  });
  const told = `${plural(lane.orders, "order", "orders")} in 12 months${busy.length ? `: ${busy.join(", ")}` : ""}`;
  return svg("svg", { class: "year-bars", viewBox: "0 0 120 24", preserveAspectRatio: "none", role: "img", "aria-label": told }, ...drawn);
};

const lastOf = (card, desk, one, lacked) =>
  h(
    "li", {},
    h("span", {}, h("strong", {}, title(channel(one.channel))), h("span", { class: "soft" }, ` ${day(one.at)}`)),
    h("span", { class: "last-total" }, one.total_minor === null || one.total_minor === undefined ? null : money(one.total_minor, one.currency)),
    h("span", { class: "soft last-items" }, one.items.map((item) => `${item.units} × ${item.name}`).join(", ")),
    why(card, desk, [one.fact], `why-last-${one.channel}`),
    many(lacked) && h("ul", { class: "stock last-stock" }, lacked.map((item) => stock(card, desk, item))),
  );

// What was bought before, is not here now, and lies elsewhere; each item once, with the purchase that tells of it first.
const missing = (one, told) =>
  one.items.filter(
    (item) =>
      item.here === 0 && item.elsewhere?.some((at) => at.tap || at.units > 0) &&
      !told.some((earlier) => earlier.items.some((same) => same.sku === item.sku)),
  );

const BECOMES = { keep: ["kept", "Came"], miss: ["missed", "Did not come"], withdraw: ["withdrawn", "Cancel"] };

const appointments = (card, desk) =>
  section(
    "appointments", "Appointments",
    many(card.appointments) && h("ul", { class: "rows" }, card.appointments.map((one) => appointment(card, desk, one))),
    isRefused(card) ? h("p", { class: "soft" }, "Service was withdrawn: nothing is booked until the customer agrees to it again.") : newAppointment(card, desk),
  );

const isRefused = (card) => card.consent?.some((one) => one.purpose === "service" && one.state === "withdrawn");

// When an appointment is, by the clock of its own store; one elsewhere with the place.
const whenOf = (card, one) => {
  const elsewhere = one.store && one.store !== card.store;
  const time = elsewhere && one.local_at ? whenThere(one.local_at) : when(one.at);
  return elsewhere ? `${time} at ${one.place || one.store}${one.local_at ? " (time there)" : ""}` : time;
};

const appointment = (card, desk, one) => {
  const at = whenOf(card, one);
  const about = `${at} ${one.topic ?? ""}`.trim();
  const button = ([verb, [state, said]]) => {
    const becomes = () => desk.tap({ path: settledAt("appointment", one.id, verb), body: {}, words: `${said}: ${about}`, effect: { kind: "appointment", id: one.id, state } });
    return h("button", { type: "button", class: verb === "keep" ? "main" : null, "aria-label": `${said}: ${about}`, onclick: once(becomes) }, said);
  };
  return h(
    "li", {},
    h("strong", {}, at), ` ${one.topic ?? ""} `, h("span", { class: "tag" }, one.state), " ", waiting(one.tap),
    one.state === "booked" && one.id && !one.tap && h("div", { class: "answer-deeds appointment-deeds" }, Object.entries(BECOMES).map(button)),
  );
};

// The time is that of the store's own clock, so it goes without an offset: its hub knows when that clock is changed.
const newAppointment = (card, desk) => {
  const places = many(desk.stores) ? desk.stores : card.store ? [{ location: card.store, name: card.place ?? card.store }] : [];
  if (!many(places)) return null;
  const book = ({ date, time, store, topic, whom }) => {
    const about = whom ? `${topic} (${whom})` : topic;
    return desk.tap({ path: customerAt(card, "appointments"), body: { store, at: `${date}T${time}`, topic: about }, words: `Appointment: ${day(date)}, ${time}, ${about}`, effect: { kind: "appointment-new", at: instantOf(date, time), topic: about, store, place: places.find((one) => one.location === store)?.name, local_at: `${date}T${time}` } });
  };
  return deed("appointment", "Book one …", "Book it", book,
    field("Which day?", { id: "appointment-date", name: "date", type: "date", value: dateOfToday(), min: dateOfToday() }),
    field("At what time?", { id: "appointment-time", name: "time", type: "time" }),
    choice("In which store?", { id: "appointment-store", name: "store", required: true }, card.store ?? "", [...(card.store ? [] : [["", "Choose a store"]]), ...places.map((one) => [one.location, one.name])]),
    field("What about?", { id: "appointment-topic", name: "topic", maxlength: 120 }),
    field("With whom? (may stay empty)", { id: "appointment-whom", name: "whom", maxlength: 60, required: false, value: card.who?.adviser?.by ?? "" }));
};

const followUps = (card, desk) => {
  // What is due on a day is due when that day ends at the store.
  const add = ({ text, due }) => desk.tap({ path: customerAt(card, "follow-ups"), body: { text, due: endOf(due) }, words: `Follow-up: ${text}`, effect: { kind: "followUp", text, due } });
  const close = (one) => desk.tap({ path: `/v1/follow-ups/${encodeURIComponent(one.id)}/close`, body: { outcome: "done" }, words: `Done: ${one.text}`, effect: { kind: "followUp-gone", id: one.id } });
  return section(
    "follow-ups", "Follow-ups",
    many(card.follow_ups) && h("ul", { class: "rows with-deed" }, card.follow_ups.map((one) => h("li", {}, h("span", {}, one.text, " ", waiting(one.tap), h("span", { class: "line-soft" }, one.due && `due ${when(one.due)}`, one.by && `, ${one.by}`)), one.id && h("button", { type: "button", "aria-label": `Done: ${one.text}`, onclick: once(() => close(one)) }, "Done")))),
    fold("follow-up", "Plan one", h(
      "form", { class: "stack", onsubmit: submit(add) },
      h("label", { for: "follow-up-text" }, "What is to be done?"), h("input", { id: "follow-up-text", name: "text", required: true, maxlength: 500, autocomplete: "off" }),
      h("label", { for: "follow-up-due" }, "Until when?"), h("input", { id: "follow-up-due", name: "due", type: "date", required: true }),
      h("button", { type: "submit", class: "main" }, "Plan it"),
    )),
  );
};

const notes = (card, desk) => {
  const add = ({ text }) => desk.tap({ path: customerAt(card, "notes"), body: { text }, words: `Note: ${text}`, effect: { kind: "note", text } });
  const drop = (one) => desk.tap({ path: customerAt(card, `notes/${encodeURIComponent(one.id)}/withdraw`), body: {}, words: `Note withdrawn: ${one.text}`, effect: { kind: "note-gone", id: one.id } });
  return section(
    "notes", "Notes",
    many(card.notes) && h("ul", { class: "rows with-deed" }, card.notes.map((one) => h("li", {}, h("span", {}, one.text, " ", waiting(one.tap), h("span", { class: "line-soft" }, [one.by, one.at && day(one.at)].filter(Boolean).join(", "))), one.id && h("button", { type: "button", class: "quiet", "aria-label": `Withdraw the note: ${one.text}`, onclick: once(() => drop(one)) }, "Withdraw")))),
    fold("note", "Write a note", h(
      "form", { class: "stack", onsubmit: submit(add) },
      h("label", { for: "note-text" }, "The customer may ask to read it"), h("textarea", { id: "note-text", name: "text", required: true, maxlength: 2000, rows: 3 }),
      h("button", { type: "submit", class: "main" }, "Keep it"),
    )),
  );
};

const placeOf = (desk, store) => desk.stores?.find((one) => one.location === store)?.name ?? store;

const viewed = (card, desk) =>
  section("viewed", "Who looked", h("ul", { class: "rows small" }, card.viewed.map((one) => h("li", {}, h("strong", {}, one.by), h("span", { class: "soft" }, ` ${when(one.at)}${one.store ? `, ${placeOf(desk, one.store)}` : ""}, ${one.purpose}`)))));

// --- The card ----------------------------------------------------------------------------------------------------

// desk: {tap, speak, seesAll}. Answers the element of the whole card.
export const draw = (card, desk) => {
  const has = (name) => name in card && card[name] !== null && card[name] !== undefined;
  const quiet = card.presence === "passive" || !has("who");
  return h(
    "div", { class: "counter-card", data: { presence: card.presence } },
    h("div", { class: "counter-left" },
      quiet ? h("section", { class: "card block block-who" }, h("h2", { class: "who-name" }, "A customer is here"), h("p", { class: "soft" }, card.presence === "passive" ? "Nobody asked to be recognised: nothing is shown until a card, an order or a name is given." : "Nothing of this customer may be shown.")) : whoIs(card, desk),
      many(card.consent) && consent(card, desk),
      !quiet && "adviser" in card.who && adviser(card, desk)),
    h("div", { class: "counter-middle" },
      many(card.loops) && loops(card, desk),
      has("greeting") && (card.greeting.text || many(card.say)) && words(card, desk),
      many(card.see) && seen(card, desk),
      many(card.pickups) && pickups(card),
      many(card.actions) && actions(card, desk),
      card.suppressed && h("p", { class: "note suppressed" }, `Nothing is offered: ${inSentence(card.suppressed)}.`),
      (many(card.preferences) || many(card.owned)) && h("div", { class: "pair-of-blocks" }, many(card.preferences) && preferences(card, desk), many(card.owned) && owned(card, desk))),
    h("div", { class: "counter-right" },
      has("purchases") && purchases(card, desk),
      !quiet && has("appointments") && appointments(card, desk),
      has("follow_ups") && followUps(card, desk),
      has("notes") && notes(card, desk),
      many(card.viewed) && viewed(card, desk)),
  );
};

