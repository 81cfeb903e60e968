// Chooses the time zone of this device in forms that no one has filled in yet.

for (const select of document.querySelectorAll("select[data-device-zone]")) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const isOffered = [...select.options].some((option) => option.value === timeZone);
  if (isOffered) select.value = timeZone;
}
