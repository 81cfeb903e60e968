// Opens closed details when a link leads to a field in them, also for links that are added later.

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  const folded = field?.closest("details");
  if (!folded) return;
  event.preventDefault();
  folded.open = true;
  field.focus();
});
