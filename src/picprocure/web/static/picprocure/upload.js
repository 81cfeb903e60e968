// Uploads many photos: one request for each file, three at a time, each with its own result.
// Without this script the same form sends all files in one request.

const PARALLEL = 3;
const TRIES = 4;
const FIRST_PAUSE_MS = 1000;

function enhance(form) {
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector(".drop-zone");
  const queue = new Queue(form);

  form.querySelector(".form-actions").hidden = true;
  zone.querySelector(".drop-hint").hidden = false;
  const take = (files) => {
    queue.add([...files]);
    form.reset();
  };
  input.addEventListener("change", () => take(input.files));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(input.files);
  });

  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("is-over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  addEventListener("beforeunload", (event) => {
    if (queue.isBusy()) event.preventDefault();
  });
}

class Queue {
  constructor(form) {
    this.address = form.action;
    this.token = form.elements.csrfmiddlewaretoken.value;
    this.maxBytes = Number(form.dataset.maxBytes);
    this.items = [];
    this.running = 0;
    this.state = document.querySelector("[data-upload-state]");
    this.list = this.part("list");
    this.part("retry").addEventListener("click", () => this.retryFailed());
  }

  part(name) {
    return this.state.querySelector(`[data-upload-${name}]`);
  }

  add(files) {
    for (const file of files) {
      const item = new Item(file, () => this.enqueue(item));
      this.items.push(item);
      this.list.append(item.row);
      if (file.size > this.maxBytes) item.refuse(tooLarge(file, this.maxBytes));
    }
    this.state.hidden = !this.items.length;
    this.advance();
  }

  enqueue(item) {
    item.wait();
    this.advance();
  }

  retryFailed() {
    for (const item of this.items) if (item.mayRetry) item.wait();
    this.advance();
  }

  isBusy() {
    return this.items.some((item) => item.status === "waiting" || item.status === "sending");
  }

  advance() {
    while (this.running < PARALLEL) {
      const next = this.items.find((item) => item.status === "waiting");
      if (!next) break;
      this.running += 1;
      this.send(next).finally(() => {
        this.running -= 1;
        this.advance();
      });
    }
    this.show();
  }

  async send(item) {
    item.begin();
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      if (attempt > 1) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 2));
      const answer = await post(this.address, this.token, item.file, (share) => {
        item.progress(share);
        this.show();
      });
      if (answer.result) {
        item.finish(answer.result);
        document.body.dispatchEvent(new Event("uploaded")); // the progress below listens
        return;
      }
      if (!answer.mayPass) {
        item.refuse(answer.message, true);
        return;
      }
    }
    item.refuse("It could not be sent. Check your connection and try again.", true);
  }

  show() {
    const count = (status) => this.items.filter((item) => item.status === status).length;
    const [all, done, failed] = [this.items.length, count("done"), count("failed")];
    const bar = this.part("bar");
    bar.max = all || 1;
    bar.value = this.items.reduce((sum, item) => sum + item.share(), 0);
    this.part("summary").textContent =
      `${done} of ${all} uploaded` + (failed ? `, ${failed} not uploaded` : "");
    this.part("retry").hidden = this.isBusy() || !this.items.some((item) => item.mayRetry);
    this.part("refresh").hidden = this.isBusy() || !done;
  }
}

class Item {
  constructor(file, retry) {
    this.file = file;
    this.row = element("li", "upload-item");
    this.name = element("span", "upload-name", file.name);
    this.message = element("span", "upload-message");
    this.bar = document.createElement("progress");
    this.bar.setAttribute("aria-label", file.name);
    this.again = element("button", "btn btn-sm btn-quiet upload-again", "Retry");
    this.again.type = "button";
    this.again.addEventListener("click", retry);
    this.row.append(this.name, this.message, this.bar, this.again);
    this.wait();
  }

  set(status, message, mayRetry = false) {
    this.status = status;
    this.mayRetry = mayRetry;
    this.message.textContent = message;
    this.row.className = `upload-item is-${status}`;
    this.bar.hidden = status !== "sending";
    this.again.hidden = !mayRetry;
    if (status === "failed") this.row.parentElement?.prepend(this.row); // seen without scrolling
  }

  wait() {
    this.set("waiting", "Waiting");
  }

  begin() {
    this.set("sending", "Uploading");
    this.progress(0);
  }

  progress(share) {
    this.bar.value = share;
    if (share === 1) this.message.textContent = "Checking";
  }

  finish(result) {
    this.name.textContent = result.name;
    this.set(result.ok ? "done" : "failed", result.message);
  }

  refuse(message, mayRetry = false) {
    this.set("failed", message, mayRetry);
  }

  share() {
    if (this.status === "sending") return this.bar.value;
    return this.status === "waiting" ? 0 : 1;
  }
}

// One request; resolves to {result}, or to {message, mayPass} where `mayPass` says whether
// the same request may succeed a little later.
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
  const [result] = request.response?.results ?? [];
  if (result) return { result };
  if (request.status >= 500 || request.status === 429) return { mayPass: true };
  return {
    mayPass: false,
    message: "The site did not take it. Reload the page, sign in if asked, and try again.",
  };
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

const form = document.querySelector("[data-upload]");
if (form) enhance(form);
