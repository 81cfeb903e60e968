// Captures two head turns in the order that the page shows, and sends the frames.

import { frameOf, putInto, startCamera, stopCamera, troubleWith } from "./camera-stream.js";

const FRAME_EVERY_MS = 350;
const FRAME_WIDTH = 480;
const FRONT_MS = 1500;
const TURN_MS = 2500;
const FRONT = "Look at the camera";
const ASKED = { left: "Turn your head to your left", right: "Turn your head to your right" };

const form = document.querySelector("[data-live]");
if (form && navigator.mediaDevices?.getUserMedia) prepare();

// The clock starts when the instruction can be read.
function inView(element) {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        resolve();
      },
      { threshold: 0.95 },
    );
    observer.observe(element);
  });
}

function prepare() {
  const view = form.querySelector(".camera-view");
  const video = form.querySelector("video");
  const hint = form.querySelector(".camera-hint");
  const trouble = form.querySelector(".camera-trouble");
  const button = form.querySelector("[data-live-start]");
  const steps = [[FRONT, FRONT_MS]];
  for (const turn of form.dataset.live.split(",")) {
    steps.push([ASKED[turn], TURN_MS], [FRONT, FRONT_MS]);
  }
  button.hidden = false;
  button.addEventListener("click", capture);

  async function capture() {
    trouble.hidden = true;
    let stream = null;
    try {
      stream = await startCamera(video);
    } catch (error) {
      trouble.textContent = troubleWith(error);
      trouble.hidden = false;
      return;
    }
    button.hidden = true;
    hint.textContent = FRONT;
    view.classList.add("is-capturing");
    view.hidden = false;
    await inView(hint);
    const frames = [];
    for (const [text, duration] of steps) {
      hint.textContent = text;
      const end = performance.now() + duration;
      while (performance.now() < end) {
        frames.push(await frameOf(video, FRAME_WIDTH, 0.85));
        await new Promise((resolve) => window.setTimeout(resolve, FRAME_EVERY_MS));
      }
    }
    stopCamera(stream);
    hint.textContent = "Thank you. Checking …";
    putInto(form.elements.frame, frames);
    form.submit();
  }
}
