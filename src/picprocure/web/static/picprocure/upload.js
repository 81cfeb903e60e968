// Uploads many photos: one request for each file, three at a time, each with its own result.
//
// Before it sends a file, it asks the site two things: by the file's hash, whether the photo is
// stored already, so that dropping the same folder again after a lost connection only sends what is
// missing; by the first bytes, whether the kind is accepted. Without this script, the form sends all
// files in one request.

import { filesOf, hashOf, headOf, isMeant, isZip } from "./upload-files.js";

const PARALLEL = 3;
const FULL = 507; // the site's disk is full: don't try again
const TRIES = 12;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15000;
const ASKED_AT_ONCE = 20; // hashing them takes a moment, in which nothing is sent
const TAKEN_AT_ONCE = 500; // between two frames: thousands would stop the page
const DONE_ROWS = 100; // that are shown at most, for the same reason

function enhance(form) {
  const queue = new Queue(form);
  const zone = form.querySelector(".drop-zone");
  const take = (files) => {
    queue.add([...files].filter(isMeant));
    form.reset();
  };

  form.querySelector(".form-actions").hidden = true;
  for (const hint of zone.querySelectorAll("[data-with-script]")) hint.hidden = false;
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => take(input.files));
  }
  form.addEventListener("submit", (event) => event.preventDefault());

  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("is-over"));
  }
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    take(await filesOf(event.dataTransfer));
  });
  addEventListener("beforeunload", (event) => {
    if (queue.isBusy()) event.preventDefault();
  });
}

class Queue {
  constructor(form) {
    this.address = form.action;
    this.askAddress = form.dataset.known;
    this.token = form.elements.csrfmiddlewaretoken.value;
    this.maxBytes = Number(form.dataset.maxBytes);
    this.maxZipBytes = Number(form.dataset.maxZipBytes);
    this.room = { photos: Number(form.dataset.roomPhotos), bytes: Number(form.dataset.roomBytes) };
    this.items = [];
    this.counts = { waiting: 0, sending: 0, done: 0, failed: 0 };
    this.shared = 0; // shares of all that are done, failed or being sent
    this.sentBytes = 0;
    this.leftBytes = 0;
    this.next = 0; // no item before this one waits
    this.running = 0;
    this.doneRows = [];
    this.notes = new Map(); // sentences about removed parts of stored photos, and how many photos
    this.state = document.querySelector("[data-upload-state]");
    this.list = this.part("list");
    this.part("retry").addEventListener("click", () => this.retryFailed());
  }

  part(name) {
    return this.state.querySelector(`[data-upload-${name}]`);
  }

  async add(files) {
    this.state.hidden = false;
    const first = this.items.length;
    for (let start = 0; start < files.length; start += TAKEN_AT_ONCE) {
      for (const file of files.slice(start, start + TAKEN_AT_ONCE)) {
        const item = new Item(this, file);
        this.items.push(item);
        const limit = isZip(file) ? this.maxZipBytes : this.maxBytes;
        if (file.size > limit) item.refuse(tooLarge(file, limit));
      }
      this.advance();
      await nextFrame();
    }
    if (first === this.items.length) this.state.hidden = !first;
  }

  retryFailed() {
    for (const item of this.items) if (item.mayRetry) item.wait();
    this.restart();
  }

  restart() {
    this.next = 0;
    this.begunAt = undefined;
    this.advance();
  }

  isBusy() {
    return this.counts.waiting > 0 || this.counts.sending > 0;
  }

  advance() {
    while (this.running < PARALLEL) {
      const item = this.takeWaiting();
      if (!item) break;
      this.running += 1;
      this.send(item).finally(() => {
        this.running -= 1;
        this.advance();
      });
    }
    this.show();
  }

  takeWaiting() {
    while (this.next < this.items.length) {
      const item = this.items[this.next];
      this.next += 1;
      if (item.status === "waiting") return item;
    }
    return undefined;
  }

  async send(item) {
    this.begunAt ??= performance.now();
    item.begin();
    if (await this.isSettled(item)) return;
    if (this.room.photos < 1 || (item.file.size > this.room.bytes && !isZip(item.file))) {
      item.refuse(noRoom(item.file, this.room), true);
      return;
    }
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      if (attempt > 1) {
        item.tell("Waiting for the connection");
        await pause(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 2), LONGEST_PAUSE_MS));
      }
      const answer = await post(this.address, this.token, item.file, (share) => item.progress(share));
      if (answer.results) {
        this.sentBytes += item.file.size;
        this.room = answer.room;
        item.finish(summaryOf(item.file, answer.results));
        if (answer.results.length > 1) this.tellRefused(answer.results);
        this.countNotes(answer.results);
        this.announce();
        return;
      }
      if (!answer.mayPass) {
        item.refuse(answer.message, true);
        return;
      }
    }
    item.refuse("It couldn't be sent. Check your connection and try again.", true);
  }

  // Files in a ZIP that were refused. They can't be retried alone.
  tellRefused(results) {
    for (const { name, ok, message } of results) {
      if (ok) continue;
      const row = element("li", "upload-item is-failed");
      row.append(element("span", "upload-name", name), element("span", "upload-message", message));
      this.list.prepend(row);
    }
  }

  // Each photo of a phone may have the same note, so each note is shown once with a count.
  countNotes(results) {
    for (const note of results.flatMap((result) => result.notes)) {
      this.notes.set(note, (this.notes.get(note) ?? 0) + 1);
    }
    const lines = [...this.notes].map(([note, count]) => `${count} photo${count === 1 ? "" : "s"}: ${note}`);
    this.part("notes").replaceChildren(...lines.map((line) => element("li", "", line)));
  }

  // Whether the file need not be sent: it is stored already, or it is not a photo.
  async isSettled(item) {
    if (!item.asked) this.askFor(item);
    await item.asked;
    if (item.refused) item.refuse(item.refused);
    else if (item.known) item.finish({ name: item.file.name, ok: true, message: item.known });
    return Boolean(item.refused || item.known);
  }

  // Ask for the next files in the same request.
  askFor(item) {
    const batch = [item];
    for (let at = this.next; at < this.items.length && batch.length < ASKED_AT_ONCE; at += 1) {
      const other = this.items[at];
      if (other.status === "waiting" && !other.asked) batch.push(other);
    }
    const asked = this.learn(batch);
    for (const one of batch) one.asked = asked;
  }

  async learn(batch) {
    const described = await Promise.all(batch.map(describe));
    const { known = {}, refused = [] } = await answerOf(this.askAddress, this.token, described);
    for (const [index, { hash }] of described.entries()) {
      batch[index].known = known[hash];
      batch[index].refused = refused[index];
    }
  }

  // Show failed files first and always, and of the others the latest.
  place(item) {
    if (item.status === "failed") this.list.prepend(item.row);
    else if (item.status === "sending") this.list.append(item.row);
    else if (item.status === "waiting") item.row.remove();
    else {
      this.doneRows.push(item.row);
      if (this.doneRows.length > DONE_ROWS) this.doneRows.shift().remove();
    }
  }

  announce() {
    document.body.dispatchEvent(new Event("uploaded")); // the progress below listens
  }

  show() {
    if (this.isShowing) return;
    this.isShowing = true;
    requestAnimationFrame(() => {
      this.isShowing = false;
      this.render();
    });
  }

  render() {
    const { done, failed } = this.counts;
    const all = this.items.length;
    const bar = this.part("bar");
    bar.max = all || 1;
    bar.value = this.shared;
    this.part("summary").textContent =
      `${done} of ${all} uploaded` + (failed ? `, ${failed} not uploaded` : "");
    this.part("left").textContent = this.isBusy() ? this.timeLeft() : "";
    this.part("retry").hidden = this.isBusy() || !this.items.some((item) => item.mayRetry);
    this.part("refresh").hidden = this.isBusy() || !done;
  }

  timeLeft() {
    const seconds = (performance.now() - (this.begunAt ?? performance.now())) / 1000;
    if (!this.sentBytes || seconds < 3) return "";
    const left = (this.leftBytes / this.sentBytes) * seconds;
    if (left < 60) return "less than a minute left";
    const minutes = Math.round(left / 60);
    return `about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
  }
}

class Item {
  constructor(queue, file) {
    this.queue = queue;
    this.file = file;
    this.row = element("li", "upload-item");
    this.name = element("span", "upload-name", file.name);
    this.message = element("span", "upload-message");
    this.row.append(this.name, this.message);
    this.counted = 0;
    this.wait();
  }

  set(status, message, mayRetry = false) {
    const { queue } = this;
    if (this.status) queue.counts[this.status] -= 1;
    queue.counts[status] += 1;
    if (isOpen(status) !== isOpen(this.status)) {
      queue.leftBytes += isOpen(status) ? this.file.size : -this.file.size;
    }
    this.status = status;
    this.mayRetry = mayRetry;
    this.row.className = `upload-item is-${status}`;
    this.bar?.remove();
    this.again?.remove();
    this.tell(message);
    this.count(isOpen(status) ? 0 : 1);
    if (mayRetry) this.offerRetry();
    queue.place(this);
    queue.show();
  }

  tell(message) {
    this.message.textContent = message;
  }

  count(share) {
    this.queue.shared += share - this.counted;
    this.counted = share;
  }

  offerRetry() {
    this.again = element("button", "btn btn-sm btn-quiet upload-again", "Retry");
    this.again.type = "button";
    this.again.addEventListener("click", () => {
      this.wait();
      this.queue.restart();
    });
    this.row.append(this.again);
  }

  wait() {
    this.set("waiting", "Waiting");
  }

  begin() {
    this.set("sending", "Uploading");
    this.bar = document.createElement("progress");
    this.bar.setAttribute("aria-label", this.file.name);
    this.bar.value = 0;
    this.row.append(this.bar);
  }

  progress(share) {
    this.bar.value = share;
    this.count(share);
    this.tell(share === 1 ? "Checking" : "Uploading");
    this.queue.show();
  }

  finish(result) {
    this.name.textContent = result.name;
    this.set(result.ok ? "done" : "failed", result.message);
  }

  refuse(message, mayRetry = false) {
    this.set("failed", message, mayRetry);
  }
}

function isOpen(status) {
  return status === "waiting" || status === "sending";
}

// Hash and first bytes of a file, or nothing if it can't be read: then sending it fails with a reason.
async function describe({ file }) {
  const nothing = () => "";
  const hash = isZip(file) ? "" : await hashOf(file).catch(nothing);
  return { name: file.name, hash, head: await headOf(file).catch(nothing) };
}

// What the site knows about these files, or nothing if it doesn't answer.
async function answerOf(address, token, described) {
  const body = new FormData();
  for (const { name, hash, head } of described) {
    body.append("name", name);
    body.append("sha256", hash ?? "");
    body.append("head", head);
  }
  try {
    const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

// Sends one request. Resolves to {results, room}, or to {message, mayPass}: `mayPass` is whether the
// same request may succeed later.
function post(address, token, file, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("photos", file);
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve(read(request)));
    for (const name of ["error", "abort", "timeout"]) {
      request.addEventListener(name, () => resolve({ mayPass: true }));
    }
    request.send(body);
  });
}

function read(request) {
  const { results, room, error } = request.response ?? {};
  if (results?.length) return { results, room };
  if (request.status === FULL && error) return { mayPass: false, message: error };
  if (request.status >= 500 || request.status === 429) return { mayPass: true };
  return {
    mayPass: false,
    message: "The site didn't accept it. Reload the page, sign in if asked, and try again.",
  };
}

// Returns one line for a file, also for a ZIP with many photos.
function summaryOf(file, results) {
  if (results.length === 1) return results[0];
  const taken = results.filter((result) => result.ok).length;
  const refused = results.length - taken;
  const message = `${taken} of ${results.length} photos were stored.` + (refused ? " See the others above." : "");
  return { name: file.name, ok: taken > 0, message };
}

function noRoom(file, room) {
  const limit = room.photos < 1 ? "this event is full" : "your events have used up your storage";
  return `${file.name} was not sent: ${limit}. Delete photos or events you no longer need, and try again.`;
}

function tooLarge(file, maxBytes) {
  const tenths = (bytes) => (bytes / 1048576) * 10;
  const size = Math.ceil(tenths(file.size)) / 10;
  const limit = Math.floor(tenths(maxBytes)) / 10;
  return `${file.name} is ${size} MB; the limit here is ${limit} MB. Export it smaller and upload it again.`;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function nextFrame() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const form = document.querySelector("[data-upload]");
if (form) enhance(form);
