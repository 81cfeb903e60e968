// Presses buttons and follows links by keys. They work anywhere on a page but in its fields.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const key = event.key.toLowerCase();
  document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.click();
});
