// Copies links, and shares them by the phone's menu. Without scripts, people select the text.

for (const actions of document.querySelectorAll("[data-share-of]")) {
  const field = document.getElementById(actions.dataset.shareOf);
  const copy = actions.querySelector("[data-copy]");
  const share = actions.querySelector("[data-share]");
  const status = actions.parentElement.querySelector("[role=status]");
  const say = (text) => (status.textContent = text);

  field.addEventListener("focus", () => field.select());
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    say("");
    say((await isCopied(field)) ? "The link was copied." : "Copy the selected link yourself.");
  });

  const data = { title: actions.dataset.title, url: field.value };
  if (!navigator.share || navigator.canShare?.(data) === false) continue;
  share.hidden = false;
  share.addEventListener("click", () => navigator.share(data).catch(() => {})); // they closed it
}

/** Copy a field's text. Without HTTPS there is no clipboard, so the text is selected as well. */
async function isCopied(field) {
  field.focus();
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
