// Chooses the time zone of this device if none is chosen yet.

for (const select of document.querySelectorAll("select[data-device-zone]")) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const isOffered = [...select.options].some((option) => option.value === timeZone);
  if (!select.value && isOffered) select.value = timeZone;
}
