// The camera takes a photo into the file input of an ordinary form, and says what to do meanwhile.

const HINT_EVERY_MS = 700;
const HINT_WIDTH = 480;
const TROUBLE = {
  NotAllowedError: "The browser may not use the camera. Allow it, or choose a photo below.",
  NotFoundError: "There is no camera here. Choose a photo below.",
  NotReadableError: "Another program uses the camera. End that, or choose a photo below.",
};

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
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
      });
    } catch (error) {
      trouble.textContent = TROUBLE[error.name] ?? "The camera doesn't start. Choose a photo below.";
      trouble.hidden = false;
      return;
    }
    video.srcObject = stream;
    await video.play();
    view.hidden = takeButton.hidden = false;
    startButton.hidden = true;
    takeButton.focus();
    timer = window.setTimeout(ask, HINT_EVERY_MS);
  }

  function stop() {
    window.clearTimeout(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    view.hidden = takeButton.hidden = true;
    startButton.hidden = false;
  }

  async function take() {
    const frame = await drawn(video, video.videoWidth, 0.92);
    const files = new DataTransfer();
    files.items.add(new File([frame], "camera.jpg", { type: "image/jpeg" }));
    input.files = files.files;
    input.dispatchEvent(new Event("change"));
    stop();
    startButton.textContent = "Take it again";
    const form = input.form;
    if (form.checkValidity()) form.requestSubmit();
    else form.reportValidity();
  }

  // Frames leave the browser only once the person has agreed that their face is looked at.
  async function ask() {
    if (!stream) return;
    if (consent && !consent.checked) {
      say("wait", "Tick the box above, and I can tell you whether the photo will be good.");
    } else {
      try {
        const body = new FormData();
        body.append("frame", await drawn(video, HINT_WIDTH, 0.8), "frame.jpg");
        body.append("csrfmiddlewaretoken", input.form.elements.csrfmiddlewaretoken.value);
        const response = await fetch(box.dataset.hintAddress, { method: "POST", body });
        if (response.ok) {
          const told = await response.json();
          say(told.hint, told.text);
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

function drawn(video, width, quality) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = Math.round((width * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}
