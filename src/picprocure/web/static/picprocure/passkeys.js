// Shows what needs passkeys where the browser has them, and says so when one fails.

if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-needs-passkeys]").forEach((part) => { part.hidden = false; });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // not to the console
  document.getElementById("passkey-failed").hidden = false;
});
