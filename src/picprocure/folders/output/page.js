/* Marks faces and photos as wrong or right, and saves the decisions for the next run. */

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const storage = `picprocure-decisions ${window.location.pathname}`;
const dialog = byId("photo");
const shown = { photo: "", person: null, face: -1 };

/* Decisions that the next run has not read yet, and those of earlier runs that were taken back. */
let marks = [];
let undone = {};
let isSaved = true;
let shownMarks = new Set();

const tilesOf = new Map();
for (const tile of document.querySelectorAll("[data-tile]")) {
  const { photo } = tile.dataset;
  tilesOf.set(photo, [...(tilesOf.get(photo) ?? []), tile]);
}

const element = (tag, text = "", properties = {}) =>
  Object.assign(document.createElement(tag), { textContent: text, ...properties });
const printable = (text) => text.replace(/[\p{Cc}\p{Cs}]/gu, "\ufffd");
const identity = (one) =>
  JSON.stringify([one.sha256, one.box, one.answer, one.person, one.source, one.at]);
const known = new Map(data.decisions.map((one) => [identity(one), one]));
const all = () => [
  ...[...known].map(([key, one]) => (undone[key] ? { ...one, undone: undone[key] } : one)),
  ...marks,
];
const standing = () => all().filter((one) => !one.undone);

function overlap(first, second) {
  const width = Math.min(first[2], second[2]) - Math.max(first[0], second[0]);
  const height = Math.min(first[3], second[3]) - Math.max(first[1], second[1]);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return shared / (area(first) + area(second) - shared);
}

/* As `Correction.contradicts` in Python. */
function contradicts(one, other) {
  if (one.sha256 !== other.sha256) return false;
  const answers = [one.answer, other.answer].sort().join();
  const hasSamePerson = one.person === other.person;
  if (one.box && other.box) {
    if (overlap(one.box, other.box) < 0.5) return false;
    if (answers === "is,is") return !hasSamePerson;
    if (answers === "is,is not") return hasSamePerson;
    return answers === "is,not a face";
  }
  return hasSamePerson && ["given,withheld", "is,withheld"].includes(answers);
}

function inWords({ answer, person, source }) {
  const name = printable(person ?? "");
  if (answer === "is") return source === "folders" ? `Put into the folder of ${name}` : `A face is ${name}`;
  if (answer === "is not") return `A face is not ${name}`;
  if (answer === "not a face") return "Not a face";
  if (answer === "given") return `Given to ${name}`;
  return `Taken from ${name}`;
}

/* A time after all others, so that two decisions of one moment keep their order. */
function now() {
  const last = Math.max(0, ...marks.map((one) => Date.parse(one.at)));
  return new Date(Math.max(Date.now(), last + 1)).toISOString();
}

function takeBack(one, at) {
  if (marks.includes(one)) marks = marks.filter((other) => other !== one);
  else undone[identity(one)] = at;
}

function decide(photo, answer, person, box) {
  const one = { photo: data.photos[photo].name, answer };
  if (person !== null) one.person = person;
  if (box) one.box = box;
  Object.assign(one, { source: "page", at: now(), sha256: photo });
  const isKnown = standing().some(
    (other) =>
      other.sha256 === photo && other.answer === answer && other.person === one.person && String(other.box) === String(box ?? undefined),
  );
  if (isKnown) return;
  one.replaced = [];
  for (const other of standing().filter((other) => contradicts(one, other))) {
    one.replaced.push(other);
    takeBack(other, one.at);
  }
  marks.push(one);
  change();
}

/* Taking a mark back brings those back that it replaced. */
function undo(one) {
  takeBack(one, now());
  for (const other of one.replaced ?? []) {
    if (undone[identity(other)]) delete undone[identity(other)];
    else if (!known.has(identity(other))) marks.push(other);
  }
  change();
}

function change() {
  isSaved = false;
  byId("saved").hidden = true;
  try {
    localStorage.setItem(storage, JSON.stringify({ marks, undone }));
  } catch { /* Without storage, marks last as long as the page is open. */ }
  show();
}

/* Marks of an earlier visit, without those that a run has read since then. */
function restore() {
  try {
    const kept = JSON.parse(localStorage.getItem(storage) ?? "{}");
    marks = (kept.marks ?? []).filter((one) => !known.has(identity(one)));
    undone = Object.fromEntries(
      Object.entries(kept.undone ?? {}).filter(([key]) => known.has(key) && !known.get(key).undone),
    );
    isSaved = !marks.length && !Object.keys(undone).length;
    if (isSaved) localStorage.removeItem(storage);
  } catch { /* There is no storage. */ }
}

/* The rows of a list of decisions that stand. Others about the same photos are in it, too. */
function decisionRows(decisions, withName) {
  const byPhoto = new Map();
  for (const one of decisions) byPhoto.set(one.sha256, [...(byPhoto.get(one.sha256) ?? []), one]);
  return decisions.map((one) => {
    const isDoubtful = byPhoto.get(one.sha256).some((other) => contradicts(one, other));
    return decisionRow(one, withName, isDoubtful);
  });
}

function decisionRow(one, withName, isDoubtful) {
  const row = element("li");
  const name = withName ? `${printable(one.photo)}: ` : "";
  const text = `${name}${inWords(one)}${marks.includes(one) ? " (not in a run yet)" : ""}${isDoubtful ? " – contradicts another decision" : ""}`;
  const button = element("button", "Undo", { type: "button", ariaLabel: `Undo: ${text}` });
  button.addEventListener("click", () => {
    undo(one);
    (document.querySelector("dialog[open] button, #decided button") ?? byId("save")).focus();
  });
  row.append(element("span", text), button);
  return row;
}

/* The faces that a tile is about: the doubtful one, or those by which the photo was delivered. */
function boxesOf(tile) {
  if (tile.dataset.box) return [tile.dataset.box.split(",").map(Number)];
  const person = data.people[tile.dataset.person];
  return data.photos[tile.dataset.photo].faces
    .filter((face) => face.person === person && face.decision === "match")
    .map((face) => face.box);
}

function marksOf(tile) {
  const person = data.people[tile.dataset.person];
  const boxes = boxesOf(tile);
  return marks.filter(
    (one) =>
      one.sha256 === tile.dataset.photo &&
      (one.box ? boxes.some((box) => overlap(one.box, box) >= 0.5) : one.person === person),
  );
}

const KEYS = { is: "y", not: "n", faces: "f", undo: "u" };

function actionButton(action, text, label = "") {
  const button = element("button", text, { type: "button" });
  button.dataset.action = action;
  if (label) button.ariaLabel = label;
  return button;
}

function addButtons(tile) {
  if (tile.querySelector(".actions")) return;
  const name = printable(data.people[tile.dataset.person]);
  const actions = element("div", "", { className: "actions" });
  if (tile.dataset.box) actions.append(actionButton("is", `It's ${name}`));
  actions.append(
    actionButton("not", `Not ${name}`),
    actionButton("faces", "Faces", `Faces in ${printable(data.photos[tile.dataset.photo].name)}`),
  );
  tile.append(actions);
}

function showTile(tile) {
  const own = marksOf(tile);
  tile.classList.toggle("is-marked", own.length > 0);
  tile.querySelector(".mark")?.remove();
  if (!own.length) return;
  const mark = element("p", [...new Set(own.map(inWords))].join(", "), { className: "mark" });
  mark.append(actionButton("undo", "Undo"));
  tile.append(mark);
}

function show() {
  const touched = new Set([...shownMarks, ...marks.map((one) => one.sha256)]);
  shownMarks = touched;
  for (const photo of touched) tilesOf.get(photo)?.forEach(showTile);
  const count = marks.length + Object.keys(undone).length;
  byId("bar").hidden = !count;
  byId("undo").hidden = !marks.length;
  byId("unsaved").textContent = `${count} change${count === 1 ? "" : "s"}, ${isSaved ? "saved" : "not saved yet"}`;
  byId("decisions").hidden = !standing().length;
  byId("decided").replaceChildren(...decisionRows(standing(), true));
  if (dialog.open) showPhoto();
}

function describe(face, number) {
  const person = face.person === null ? "" : printable(face.person);
  if (face.decision === "match") return `Face ${number}: ${person}`;
  return `Face ${number}: ${person ? `perhaps ${person}` : "unknown"}`;
}

function showPhoto() {
  const photo = data.photos[shown.photo];
  const focused = dialog.contains(document.activeElement) ? document.activeElement.id : "";
  byId("photo-name").textContent = printable(photo.name);
  const picture = byId("picture");
  const isDrawn = photo.picture && photo.size;
  picture.classList.toggle("is-list", !isDrawn);
  picture.replaceChildren();
  if (photo.picture) picture.append(element("img", "", { src: photo.picture, alt: printable(photo.name) }));
  photo.faces.forEach((face, number) => {
    const text = describe(face, number + 1);
    const box = element("button", isDrawn ? "" : text, { type: "button", className: "box", id: `face-${number}`, ariaLabel: text });
    box.ariaPressed = String(number === shown.face);
    if (isDrawn) {
      const [width, height] = photo.size;
      const [left, top, right, bottom] = face.box;
      Object.assign(box.style, {
        left: `${(100 * left) / width}%`,
        top: `${(100 * top) / height}%`,
        width: `${(100 * (right - left)) / width}%`,
        height: `${(100 * (bottom - top)) / height}%`,
      });
    }
    box.addEventListener("click", () => {
      shown.face = number;
      showPhoto();
    });
    picture.append(box);
  });
  showChoices(photo);
  const own = standing().filter((one) => one.sha256 === shown.photo);
  byId("photo-decided").replaceChildren(...decisionRows(own, false));
  if (focused) byId(focused)?.focus();
}

function showChoices(photo) {
  const face = photo.faces[shown.face];
  const person = face?.person ?? shown.person;
  byId("choices").hidden = !face;
  byId("take").textContent = `Take this photo from ${printable(shown.person)}`;
  if (!face) return;
  byId("face").textContent = describe(face, shown.face + 1);
  byId("not").textContent = `Not ${printable(person)}`;
  byId("not").dataset.person = data.people.indexOf(person);
  byId("who").replaceChildren(
    ...data.people.map((name, number) => element("option", printable(name), { value: number, selected: name === person })),
  );
}

function open(tile) {
  shown.photo = tile.dataset.photo;
  shown.person = data.people[tile.dataset.person];
  const [box] = boxesOf(tile);
  const faces = data.photos[shown.photo].faces;
  shown.face = faces.findIndex((face) => String(face.box) === String(box));
  if (shown.face < 0 && faces.length) shown.face = 0;
  dialog.showModal();
  showPhoto();
}

function act(tile, action) {
  const person = data.people[tile.dataset.person];
  const boxes = boxesOf(tile);
  if (action === "faces") return open(tile);
  if (action === "undo") marksOf(tile).forEach(undo);
  else if (action === "not" && !boxes.length) decide(tile.dataset.photo, "withheld", person);
  else boxes.forEach((box) => decide(tile.dataset.photo, action === "not" ? "is not" : "is", person, box));
  tile.querySelector(action === "undo" ? "[data-action]" : ".mark button")?.focus();
}

async function save() {
  const decisions = all().map(({ replaced, ...one }) => one);
  const text = `${JSON.stringify({ ...data.file, decisions }, null, 1)}\n`;
  const blob = new Blob([text], { type: "application/json" });
  if (window.showSaveFilePicker) {
    try {
      const file = await window.showSaveFilePicker({
        suggestedName: "decisions.json",
        types: [{ description: "Decisions", accept: { "application/json": [".json"] } }],
      });
      const stream = await file.createWritable();
      await stream.write(blob);
      await stream.close();
      return saved("Saved. If it is in the results folder, run the command again.");
    } catch (problem) {
      if (problem.name === "AbortError") return;
    }
  }
  const link = element("a", "", { href: URL.createObjectURL(blob), download: "decisions.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  saved("Saved as decisions.json in your downloads. Move it into the results folder, or add --decisions FILE, and run the command again.");
}

function saved(text) {
  isSaved = true;
  show();
  byId("saved").textContent = text;
  byId("saved").hidden = false;
}

function showFace(answer, person) {
  const face = data.photos[shown.photo].faces[shown.face];
  decide(shown.photo, answer, person, face.box);
}

document.addEventListener("click", (event) => {
  const action = event.target.closest("[data-action]");
  if (action) act(action.closest("[data-tile]"), action.dataset.action);
});

/* Keys work while the focus is on a photo. */
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || dialog.open) return;
  const tile = event.target.closest?.("[data-tile]");
  const action = Object.keys(KEYS).find((name) => KEYS[name] === event.key.toLowerCase());
  if (!tile || !action || (action === "is" && !tile.dataset.box)) return;
  if (action !== "faces" && tile.classList.contains("is-marked") !== (action === "undo")) return;
  event.preventDefault();
  act(tile, action);
});

byId("choose").addEventListener("click", () => showFace("is", data.people[byId("who").value]));
byId("not").addEventListener("click", () => showFace("is not", data.people[byId("not").dataset.person]));
byId("no-face").addEventListener("click", () => showFace("not a face", null));
byId("take").addEventListener("click", () => decide(shown.photo, "withheld", shown.person));
byId("close").addEventListener("click", () => dialog.close());
byId("save").addEventListener("click", save);
byId("undo").addEventListener("click", () => undo(marks.at(-1)));
window.addEventListener("beforeunload", (event) => {
  if (!isSaved) event.preventDefault();
});

document.documentElement.classList.add("can-mark");
document.querySelector(".keys").hidden = false;
restore();
show();

/* Large events have too many photos to add the buttons of all at once. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      target.querySelectorAll("[data-tile]").forEach(addButtons);
    }
  },
  { rootMargin: "200% 0px" },
);
document.querySelectorAll("section.person").forEach((section) => observer.observe(section));
