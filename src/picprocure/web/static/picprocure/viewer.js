// Arrow keys open the previous and the next photo. Escape goes back to the gallery.

const placeOfKey = { ArrowLeft: "previous", ArrowRight: "next", Escape: "gallery" };

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = document.querySelector(`[data-viewer="${placeOfKey[event.key]}"]`);
  if (link) location.assign(link.href);
});
