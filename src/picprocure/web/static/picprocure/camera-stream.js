// The camera, for the pages that use it.

const TROUBLE = {
  NotAllowedError: "Your browser blocks the camera. Allow it in your browser's settings and try again.",
  NotFoundError: "We can't find a camera on this device.",
  NotReadableError: "Another app is using the camera. Close it and try again.",
};

export async function startCamera(video) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
  });
  video.srcObject = stream;
  await video.play();
  return stream;
}

export function stopCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export function troubleWith(error) {
  return TROUBLE[error.name] ?? "The camera couldn't be started.";
}

// Returns a frame that isn't mirrored. The page only displays it mirrored.
export function frameOf(video, width, quality) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = Math.round((width * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

export function putInto(input, frames) {
  const files = new DataTransfer();
  frames.forEach((frame, place) => {
    files.items.add(new File([frame], `camera-${place}.jpg`, { type: "image/jpeg" }));
  });
  input.files = files.files;
}
