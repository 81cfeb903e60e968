// Shows the time that is left until a moment, in seconds.
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function timeLeftText(left) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor((left % DAY) / HOUR);
  if (left >= DAY) {
    const days = Math.floor(left / DAY);
    return `${days} day${days === 1 ? "" : "s"}, ${hours} h`;
  }
  const minutes = Math.floor((left % HOUR) / MINUTE);
  return `${hours}:${two(minutes)}:${two(Math.floor((left % MINUTE) / SECOND))}`;
}

for (const place of document.querySelectorAll("[data-countdown]")) {
  const end = Date.parse(place.dataset.countdown);
  const show = () => {
    const left = end - Date.now();
    place.textContent = left > 0 ? timeLeftText(left) : "closed";
  };
  show();
  setInterval(show, SECOND);
}
