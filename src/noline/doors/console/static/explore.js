// The explorer without a whole page for each press: a link or a form of it is fetched, and the page takes its new parts.
"use strict";

const parts = ["explorer", "explanations"];
let latest = 0;

const filter = () => {
  const field = document.getElementById("palette-filter");
  if (!field) return;
  field.hidden = document.querySelectorAll(".choices li").length < 8;
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const item of document.querySelectorAll(".choices li")) item.hidden = !item.textContent.toLowerCase().includes(wanted);
  });
};

const take = (html, focused) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const id of parts) document.getElementById(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
  document.title = fresh.title;
  for (const link of document.querySelectorAll(".data-links a, link[rel=alternate]")) {
    const same = fresh.querySelector(`${link.localName}[href*=".${link.textContent.trim().toLowerCase() || link.type.split("/")[1]}"]`);
    if (same) link.href = same.getAttribute("href");
  }
  filter();
  dispatchEvent(new Event("noline:fresh"));
  document.getElementById("announced").textContent = document.getElementById("funnel-heading").textContent;
  (document.getElementById(focused) || document.getElementById("funnel-heading")).focus({ preventScroll: true });
};

const go = async (address, focused, { remember = true } = {}) => {
  const mine = ++latest;
  document.getElementById("explorer").setAttribute("aria-busy", "true");
  dispatchEvent(new Event("noline:asked"));
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const html = await answer.text();
    if (mine !== latest) return;
    if (!answer.ok || !html.includes('id="explorer"')) return location.assign(address);
    if (remember) history.pushState({}, "", address);
    take(html, focused);
    const target = new URL(address, location.href).hash.slice(1);
    if (target) document.getElementById(target)?.scrollIntoView({ block: "start" });
  } catch {
    location.assign(address);
  }
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href, link.id);
});

const send = (form) => {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  go(`${form.getAttribute("action")}?${query}`, document.activeElement?.id);
};

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-swap]")) return;
  event.preventDefault();
  send(event.target);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-swap]");
  if (form && event.target.localName === "select") send(form);
});

addEventListener("popstate", () => go(location.href, "", { remember: false }));
filter();
