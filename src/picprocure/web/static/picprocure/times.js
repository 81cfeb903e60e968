// Shows times in the device's time zone if the page has another, and tells the site the zone for the
// next pages.

const COOKIE = "zone";
const YEAR = 365 * 24 * 60 * 60;
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
const DAY = { day: "numeric", month: "short" };
const CLOCK = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };

const shown = (moment, options) => new Intl.DateTimeFormat("en-GB", options).format(moment);

// The same as `events/times.py`, which says it on all later pages.
function timeText(moment, eventZone) {
  const text = shown(moment, { ...DAY, year: "numeric", ...CLOCK, timeZone });
  if (!eventZone) return text;
  const numbers = { dateStyle: "short", timeStyle: "short" };
  const here = shown(moment, { ...numbers, timeZone });
  const there = shown(moment, { ...numbers, timeZone: eventZone });
  if (here === there) return text;
  const isSameDay = here.split(",")[0] === there.split(",")[0];
  const own = { ...(isSameDay ? {} : DAY), ...CLOCK, timeZone: eventZone };
  return `${text} (${shown(moment, own)} at the event)`;
}

// Empty on the first page, without cookies, and if the site doesn't know the device's zone.
const { pageZone } = document.querySelector("script[data-page-zone]").dataset;

if (timeZone && timeZone !== pageZone) {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${COOKIE}=${timeZone}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  for (const place of document.querySelectorAll("time[datetime*='T']")) {
    const moment = new Date(place.dateTime);
    if (!Number.isNaN(moment.valueOf())) place.textContent = timeText(moment, place.dataset.zone);
  }
}
