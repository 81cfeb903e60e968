// A camera that shows stills, and a clock of the page that runs with the frames taken from it.
(stills, scenes) => {
  const FRAME_MS = 350; // as the page waits between two frames
  const HINT = "[data-live] .camera-hint";
  const every = 30;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  let [image, said, now, isHeld] = [null, "", 0, false];

  const hint = () => document.querySelector(HINT)?.textContent ?? "";
  const next = [...scenes];

  async function show(name) {
    const bytes = Uint8Array.from(atob(stills[name]), (letter) => letter.charCodeAt(0));
    image = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  }

  // With scenes, the person turns to the next one whenever the page says something else.
  function draw() {
    if (next.length && hint() !== said) {
      said = hint();
      show(next.shift());
    }
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  }

  async function start() {
    await show(Object.keys(stills)[0]);
    draw();
    window.setInterval(draw, every);
    return canvas.captureStream(1000 / every);
  }

  function runUntil(text) {
    isHeld = false;
    return new Promise((resolve) => {
      const timer = window.setInterval(() => {
        if (!hint().includes(text)) return;
        isHeld = true;
        window.clearInterval(timer);
        resolve();
      }, every);
    });
  }

  if (scenes.length) {
    const toBlob = HTMLCanvasElement.prototype.toBlob;
    HTMLCanvasElement.prototype.toBlob = function (...given) {
      if (!isHeld) now += FRAME_MS;
      return toBlob.apply(this, given);
    };
    performance.now = () => now;
  }
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = start;
  window.fakeCamera = { show, hold: () => (isHeld = true), runUntil };
}
