// Takes a photo with the camera into the file input of a form, and shows hints before it.

import { frameOf, putInto, startCamera, stopCamera, troubleWith } from "./camera-stream.js";

const HINT_EVERY_MS = 700;
const HINT_WIDTH = 480;
for (const box of document.querySelectorAll("[data-camera]")) {
  if (navigator.mediaDevices?.getUserMedia) prepare(box);
}

function prepare(box) {
  const input = document.getElementById(box.dataset.camera);
  const consent = document.getElementById(box.dataset.consent);
  const view = box.querySelector(".camera-view");
  const video = box.querySelector("video");
  const hint = box.querySelector(".camera-hint");
  const trouble = box.querySelector(".camera-trouble");
  const startButton = box.querySelector("[data-camera-start]");
  const takeButton = box.querySelector("[data-camera-take]");
  let stream = null;
  let timer = 0;

  box.hidden = false;
  startButton.addEventListener("click", start);
  takeButton.addEventListener("click", take);
  document.addEventListener("visibilitychange", () => document.hidden && stop());
  window.addEventListener("pagehide", stop);

  async function start() {
    trouble.hidden = true;
    try {
      stream = await startCamera(video);
    } catch (error) {
      trouble.textContent = troubleWith(error);
      trouble.hidden = false;
      return;
    }
    view.hidden = takeButton.hidden = false;
    startButton.hidden = true;
    takeButton.focus({ preventScroll: true });
    box.scrollIntoView({ block: "center" }); // with the hint, the picture and the button
    timer = window.setTimeout(ask, HINT_EVERY_MS);
  }

  function stop() {
    window.clearTimeout(timer);
    stopCamera(stream);
    stream = null;
    view.hidden = takeButton.hidden = true;
    startButton.hidden = false;
  }

  async function take() {
    putInto(input, [await frameOf(video, video.videoWidth, 0.92)]);
    input.dispatchEvent(new Event("change"));
    stop();
    startButton.textContent = "Retake the photo";
    const form = input.form;
    if (form.checkValidity()) form.requestSubmit();
    else form.reportValidity();
  }

  // Send frames only after the person has agreed to face recognition.
  async function ask() {
    if (!stream) return;
    if (consent && !consent.checked) {
      say("wait", "Check the box above to get tips for a good photo.");
    } else {
      try {
        const body = new FormData();
        body.append("frame", await frameOf(video, HINT_WIDTH, 0.8), "frame.jpg");
        body.append("csrfmiddlewaretoken", input.form.elements.csrfmiddlewaretoken.value);
        const response = await fetch(box.dataset.hintAddress, { method: "POST", body });
        if (response.ok) {
          const tip = await response.json();
          say(tip.hint, tip.text);
        }
      } catch {
        say("", "");
      }
    }
    if (stream) timer = window.setTimeout(ask, HINT_EVERY_MS);
  }

  function say(kind, text) {
    view.dataset.hint = kind;
    if (hint.textContent !== text) hint.textContent = text; // or a screen reader repeats it
  }
}
