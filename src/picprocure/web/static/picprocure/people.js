// The list of an event's people: keys, a selection, and the focus after a decision.
// Keys work only while the focus is in a card, so they don't disturb typing or screen readers.

const cards = () => [...document.querySelectorAll("[data-people] > .person")];
const cardOf = (element) => element?.closest?.("[data-people] > .person") ?? null;
const waits = (card) => card?.hasAttribute("data-waits") && !card.ariaBusy;
const pathOf = (address) => new URL(address, window.location.href).pathname;
const STEPS = { n: 1, ArrowRight: 1, p: -1, ArrowLeft: -1 };

// The card that was decided last, for its undo button.
let lastDecided = "";
let focusFollows = false;

function focusOn(card) {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
}

function step(card, by) {
  const all = cards();
  focusOn(all[all.indexOf(card) + by] ?? card);
}

function goOn(card) {
  const all = cards();
  const rest = all.slice(all.indexOf(card) + 1);
  focusOn(rest.find(waits) ?? card);
}

function press(card, key) {
  const place = key === "u" ? document.getElementById(lastDecided) : card;
  if (place?.matches(".htmx-added")) {
    // Its buttons don't work yet.
    document.addEventListener("htmx:afterSettle", () => press(card, key), { once: true });
    return;
  }
  const button = place?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!button || place.ariaBusy) return;
  focusOn(place);
  button.click();
  // At once, so that the next key is for the next person.
  if (place.ariaBusy && key !== "u") goOn(place);
}

document.addEventListener("keydown", (event) => {
  const card = cardOf(event.target);
  const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (!card || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key in STEPS) {
    event.preventDefault();
    step(card, STEPS[key]);
  } else if (key === "x") {
    card.querySelector("input[type=checkbox]")?.click();
  } else if (!event.repeat) {
    press(card, key);
  }
});

document.addEventListener("submit", (event) => {
  const card = cardOf(event.target);
  if (!card) return;
  card.ariaBusy = "true";
  lastDecided = card.id;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, pathInfo } = event.detail;
  const card = cardOf(target);
  if (card && pathOf(xhr.responseURL) !== pathOf(pathInfo.requestPath)) {
    // The session ended: this is the page to sign in.
    event.detail.shouldSwap = false;
    window.location.reload();
  }
  focusFollows = Boolean(card?.contains(document.activeElement));
});

// The pressed button is gone: the focus goes to the next person, and after an undo to the same one.
document.addEventListener("htmx:afterSettle", () => {
  showSelection();
  if (!focusFollows) return;
  focusFollows = false;
  const card = document.getElementById(lastDecided);
  if (waits(card)) focusOn(card);
  else goOn(card);
});

// The person left, or the site had a problem: show what is true now.
document.addEventListener("htmx:responseError", (event) => {
  if (cardOf(event.detail.target)) window.location.reload();
});

const ticks = () => [...document.querySelectorAll('input[name="registration"][form="selection"]')];
const selectAll = document.querySelector("[data-select-all]");
const selected = document.querySelector("[data-selected]");

function showSelection() {
  if (!selectAll) return;
  const all = ticks();
  const count = all.filter((tick) => tick.checked).length;
  selected.textContent = count ? `(${count})` : "";
  const box = selectAll.querySelector("input");
  box.checked = count > 0 && count === all.length;
  box.indeterminate = count > 0 && count < all.length;
}

if (selectAll) {
  selectAll.hidden = false;
  selectAll.addEventListener("change", (event) => {
    for (const tick of ticks()) tick.checked = event.target.checked;
    showSelection();
  });
  document.addEventListener("change", showSelection);
  showSelection();
}

const keys = document.querySelector("[data-keys]");
if (keys) {
  keys.hidden = false;
  keys.querySelector("button").addEventListener("click", () => {
    focusOn(cards().find(waits));
  });
}

document
  .querySelector("#people-filters [aria-current]")
  ?.scrollIntoView({ block: "nearest", inline: "center" });
