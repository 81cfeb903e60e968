// Answers are sent in the background, one after the other, so that the next question is there at
// once. Questions that were answered stay on the page, hidden, for their undo.

const list = document.querySelector("[data-review]");
const undoForm = document.querySelector("[data-undo]");
const history = [];
let sending = Promise.resolve();

const waiting = () => [...list.children].filter((question) => !question.dataset.done);
const keysOf = (questions) => questions.map((question) => question.dataset.question);
const skipped = () => [...list.children].filter((question) => question.dataset.done === "skipped");

function showNext({ focus }) {
  const [next, ...rest] = waiting();
  for (const question of list.children) question.hidden = question !== next;
  if (focus) next?.querySelector("h2").focus({ preventScroll: true });
  for (const question of rest.slice(0, 1)) {
    for (const picture of question.querySelectorAll("img")) picture.decode().catch(() => {});
  }
}

function showLast(text, name, mayUndo) {
  const place = undoForm.querySelector("[data-last]");
  place.textContent = text;
  if (name) {
    const isolated = document.createElement("bdi");
    isolated.textContent = name;
    place.append(" ", isolated, ".");
  }
  undoForm.querySelector("button").hidden = !mayUndo;
  undoForm.hidden = false;
  document.querySelector("[data-undone]")?.remove();
}

// Send a form, and take the questions that come back. Return the ids of what was decided. The fields
// are asked for once all that was sent before has its answer.
function send(action, fields) {
  sending = sending.then(async () => {
    const body = fields && new FormData();
    const query = body ?? new URLSearchParams();
    for (const [name, value] of (await fields?.()) ?? []) query.append(name, value);
    for (const key of keysOf(waiting())) query.append("have", key);
    for (const key of keysOf(skipped())) query.append("skip", key);
    const address = body ? action : `${action}?${query}`;
    const answer = await fetch(address, {
      method: body ? "POST" : "GET",
      body,
      headers: { "X-Requested-With": "fetch" },
    });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    return take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  });
  sending = sending.catch(() => {
    // Another key would answer a question whose state is not known.
    list.remove();
    showLast("This answer may not be saved. Load the page again.", "", false);
    throw new Error("review stopped");
  });
  return sending;
}

function take(part) {
  document.querySelector("[data-lead]").replaceChildren(...part.querySelector("[data-lead]").childNodes);
  const known = new Set(keysOf([...list.children]));
  for (const question of part.querySelectorAll("[data-question]")) {
    if (!known.has(question.dataset.question)) list.append(question);
    else reopen(question.dataset.question);
  }
  showNext({ focus: document.activeElement === document.body });
  const [refusal] = part.querySelectorAll("[data-refusal]");
  if (refusal) showLast(refusal.textContent, "", false);
  return [...part.querySelectorAll("[name=decision]")].map((field) => field.value);
}

// The machine asks again, for example since another host took the answer back.
function reopen(key) {
  const known = [...list.children].find((question) => question.dataset.question === key);
  if (known.dataset.done === "answered") delete known.dataset.done;
}

function done(question, state, decisions) {
  question.dataset.done = state;
  history.push({ question, decisions });
  showNext({ focus: true });
}

list?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { submitter, target } = event;
  const question = target.closest("[data-question]");
  if (question.dataset.done) return;
  if (submitter.name === "skip") {
    done(question, "skipped", Promise.resolve([]));
    showLast("Skipped.", "", true);
    send(list.dataset.review).catch(() => {});
    return;
  }
  const fields = [...new FormData(target), [submitter.name, submitter.value]];
  question.dataset.done = "answered";
  const decisions = send(target.action, () => fields);
  decisions.catch(() => {});
  done(question, "answered", decisions);
  showLast(`You said: ${submitter.dataset.said}`, submitter.dataset.name, true);
});

undoForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  const last = history.pop();
  if (!last) return;
  delete last.question.dataset.done;
  list.prepend(last.question);
  showNext({ focus: true });
  showLast("Taken back.", "", history.length > 0);
  const token = undoForm.querySelector("[name=csrfmiddlewaretoken]").value;
  // Its turn is before the next answer, even if the answer that it takes back is still on its way.
  const fields = async () => (await last.decisions).map((key) => ["decision", key]);
  send(undoForm.action, async () => [["csrfmiddlewaretoken", token], ...(await fields())]).catch(() => {});
});
