// Answers questions by keys. They work anywhere on this page, which has no text fields.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if (key.length === 1) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.click();
});
