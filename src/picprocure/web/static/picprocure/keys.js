// Presses buttons and follows links by keys. They work anywhere on a page but in its fields.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const named = document.querySelectorAll(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  [...named].find((element) => !element.closest("[hidden]"))?.click();
});
