// The example page of <noline-card>: what is typed becomes its attributes, what it tells is shown below it.
const card = document.querySelector("noline-card");
const heard = document.getElementById("heard");

document.getElementById("try").addEventListener("submit", (event) => {
  event.preventDefault();
  const { customer, store, lang, token } = Object.fromEntries(new FormData(event.target));
  for (const [name, value] of Object.entries({ customer, store, lang })) value ? card.setAttribute(name, value) : card.removeAttribute(name);
  card.token = token || null;
});

card.addEventListener("noline-card", ({ detail }) => (heard.textContent = `Shown as of ${detail.as_of}.`));
card.addEventListener("noline-refusal", ({ detail }) => (heard.textContent = `${detail.message} ${detail.hint}`));
