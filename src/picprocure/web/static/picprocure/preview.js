// Shows the chosen face photo or cover before it is sent.

for (const frame of document.querySelectorAll("[data-preview-of]")) {
  const input = document.getElementById(frame.dataset.previewOf);
  input.addEventListener("change", () => show(input.files[0], frame));
}

function show(file, frame) {
  frame.replaceChildren();
  frame.hidden = true;
  if (!file) return;
  const address = URL.createObjectURL(file);
  const image = new Image();
  image.alt = "The image you chose";
  image.addEventListener("load", () => {
    frame.replaceChildren(image);
    frame.hidden = false;
    URL.revokeObjectURL(address);
  });
  image.addEventListener("error", () => URL.revokeObjectURL(address));
  image.src = address;
}
