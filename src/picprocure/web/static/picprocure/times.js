// Shows times in the browser's time zone, unless the profile names another one.

const shown = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

for (const place of document.querySelectorAll("time[datetime*='T']")) {
  const moment = new Date(place.dateTime);
  if (!Number.isNaN(moment.valueOf())) place.textContent = shown.format(moment);
}
