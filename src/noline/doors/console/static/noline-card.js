// <noline-card customer="p_..." store="paris-opera" lang="fr" src="/noline">: the card of one customer inside another tool.
//
//   const card = document.querySelector("noline-card");
//   card.token = () => session.nolineKey;   // a key of role associate, or a function that answers one, also later
//
// src: where the hub is, by default where this script came from. presence: declared, appointment, pickup or passive.
// It tells what happens: `noline-card` once a card is drawn (detail: the card), `noline-refusal` when there is none
// (detail: code, message, hint). `refresh()` asks again. Outside it is styled by its parts (::part(name), say, ...)
// and by --noline-accent, --noline-lost, --noline-ink, --noline-soft, --noline-paper, --noline-hair.

const HOME = new URL("..", import.meta.url).href;

const STYLE = `
:host { display: block; container-type: inline-size; color: var(--noline-ink, #1b2326); background: var(--noline-paper, #fff); border: 1px solid var(--noline-hair, #e3e1da); border-radius: 12px; padding: 16px 18px; font: 15px/1.5 system-ui, sans-serif; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; margin: 0; padding: 0; }
ul { list-style: none; }
h2 { font-size: 1.375rem; line-height: 1.2; }
h3 { font-size: .8125rem; font-weight: 600; color: var(--noline-soft, #5a6669); margin-top: 14px; }
.soft { color: var(--noline-soft, #5a6669); font-size: .875rem; }
.address { color: var(--noline-accent, #0f5c63); font-weight: 600; }
.loop { margin-top: 12px; padding: 10px 14px; border: 2px solid var(--noline-lost, #b4400f); border-radius: 8px; }
.loop strong { display: block; color: var(--noline-lost, #b4400f); font-size: .8125rem; }
.say li { font-size: 1.125rem; padding: 6px 0; border-top: 1px solid var(--noline-hair, #e3e1da); }
.say li:first-child { border: 0; font-size: 1.25rem; font-weight: 550; }
.see { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 4px; }
.see li { border: 1px dashed var(--noline-soft, #5a6669); border-radius: 10px; padding: 4px 10px; font-size: .875rem; }
.actions li { padding: 8px 0; border-top: 1px solid var(--noline-hair, #e3e1da); }
.actions li:first-child { border: 0; }
@media (prefers-color-scheme: dark) {
  :host { color: var(--noline-ink, #e8ebea); background: var(--noline-paper, #1a2124); border-color: var(--noline-hair, #2c3538); }
  .soft, h3 { color: var(--noline-soft, #a3aeb0); }
  .address { color: var(--noline-accent, #6cc4c2); }
  .loop, .loop strong { color: var(--noline-lost, #f0925f); border-color: var(--noline-lost, #f0925f); }
  .loop p { color: var(--noline-ink, #e8ebea); }
  .say li, .actions li { border-color: var(--noline-hair, #2c3538); }
}
`;

const LOOPS = { complaint: "Open complaint", callback: "Waits for a call", late_order: "Late order", pending_return: "Return under way", unanswered: "Waits for an answer" };

const h = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value) made.setAttribute(name, value);
  made.append(...children.flat().filter(Boolean));
  return made;
};

// What is not on the card is not drawn; nothing is read as HTML.
const drawn = (card) => {
  const who = card.who;
  const said = [card.greeting, ...(card.say ?? [])].filter((one) => one?.text);
  return [
    h("header", { part: "who" }, h("h2", { part: "name", lang: card.language }, who?.name ?? "A customer is here"),
      who && who.address_as !== who.name && h("p", { class: "address", lang: card.language }, who.address_as ?? ""),
      h("p", { class: "soft" }, who ? (who.city ?? "") : "Nothing is shown until somebody asks to be recognised.")),
    ...(card.loops ?? []).map((one) => h("section", { class: "loop", part: "loop" }, h("strong", {}, LOOPS[one.kind] ?? one.kind), h("p", {}, one.text))),
    said.length && h("section", { part: "say" }, h("h3", {}, "Say"), h("ul", { class: "say", lang: card.language }, said.map((one) => h("li", {}, one.text)))),
    card.see?.length && h("section", { part: "see" }, h("h3", {}, "See, not spoken"), h("ul", { class: "see" }, card.see.map((one) => h("li", {}, one.text)))),
    card.actions?.length ? h("section", { part: "actions" }, h("h3", {}, "Next best actions"), h("ul", { class: "actions" }, card.actions.map((one) => h("li", {}, h("b", {}, one.title), h("p", { class: "soft" }, one.reason ?? "")))))
    : card.suppressed && h("p", { class: "soft", part: "actions" }, `Nothing is offered: ${card.suppressed}`),
  ].filter(Boolean);
};

class NolineCard extends HTMLElement {
  static observedAttributes = ["customer", "store", "lang", "src", "presence"];

  #token = null;
  #asked = null;
  #root = this.attachShadow({ mode: "open" });
  #soon = false;

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
  }

  // A key, or a function that answers one. Without one the session of the console is used, where both are at one address.
  set token(value) {
    this.#token = value;
    this.#askSoon();
  }

  connectedCallback() {
    this.setAttribute("role", this.getAttribute("role") ?? "region");
    this.setAttribute("aria-label", this.getAttribute("aria-label") ?? "Customer");
    this.#askSoon();
  }

  disconnectedCallback() {
    this.#asked?.abort();
    this.#root.replaceChildren();
  }

  attributeChangedCallback(_, before, now) {
    if (before !== now) this.#askSoon();
  }

  // Several changes in one breath are one question.
  #askSoon() {
    if (this.#soon || !this.isConnected) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.refresh();
    });
  }

  async refresh() {
    this.#asked?.abort();
    const customer = this.getAttribute("customer");
    if (!customer || !this.isConnected) return this.#root.replaceChildren();
    const asking = (this.#asked = new AbortController());
    try {
      const card = await this.#fetched(customer, asking.signal);
      if (asking !== this.#asked) return undefined;
      this.#root.replaceChildren(...drawn(card));
      this.dispatchEvent(new CustomEvent("noline-card", { detail: card, bubbles: true, composed: true }));
    } catch (refusal) {
      if (asking !== this.#asked || refusal.name === "AbortError") return undefined;
      this.#refuse({ code: refusal.code ?? "unreachable", message: refusal.message, hint: refusal.hint ?? "" });
    }
    return undefined;
  }

  async #fetched(customer, signal) {
    const asked = new URLSearchParams();
    for (const name of ["store", "lang", "presence"]) if (this.getAttribute(name)) asked.set(name, this.getAttribute(name));
    const home = new URL(this.getAttribute("src") || HOME, document.baseURI).href.replace(/\/?$/, "/");
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    const headers = { accept: "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const came = await fetch(`${home}v1/customers/${encodeURIComponent(customer)}/card?${asked}`, { headers, signal });
    const told = await came.json().catch(() => ({}));
    if (!came.ok) throw Object.assign(new Error(told.message ?? `The hub answered ${came.status}.`), { code: told.code, hint: told.hint });
    return told;
  }

  // A card of somebody else must not stay where there is none.
  #refuse(detail) {
    this.#root.replaceChildren(h("p", { class: "soft", part: "refusal", role: "alert" }, detail.message));
    this.dispatchEvent(new CustomEvent("noline-refusal", { detail, bubbles: true, composed: true }));
  }
}

customElements.define("noline-card", NolineCard);
