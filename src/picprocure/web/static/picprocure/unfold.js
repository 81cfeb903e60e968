// A link to a field that is folded away unfolds it, also where the link came later.

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  const folded = field?.closest("details");
  if (!folded) return;
  event.preventDefault();
  folded.open = true;
  field.focus();
});
