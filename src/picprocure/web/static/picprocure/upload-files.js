// Lists the files of a drop or a file input in order, including those in folders.

export async function filesOf(transfer) {
  // Read the entries right away: the browser clears the items after the event.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const files = [];
  for (const entry of entries) if (entry) await collect(entry, files);
  return files;
}

async function collect(entry, files) {
  if (entry.isFile) {
    files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // Each call returns up to 100 entries, and none at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const inner of some) await collect(inner, files);
  }
}

// Files that systems put into folders of photos.
const OTHERS = /^(\.|thumbs\.db$|desktop\.ini$)/i;

export function isMeant(file) {
  return !OTHERS.test(file.name);
}

// The site keeps the hashes of the photos in a ZIP, not of the ZIP.
export function isZip(file) {
  return /\.zip$/i.test(file.name);
}

// SHA-256 in hexadecimal, or null where the browser can't compute it (on plain HTTP).
export async function hashOf(file) {
  if (!globalThis.crypto?.subtle) return null;
  return hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
}

// The first bytes of a file in hexadecimal, by which the site recognizes its kind.
export async function headOf(file) {
  return hex(await file.slice(0, HEAD_BYTES).arrayBuffer());
}

const HEAD_BYTES = 256;

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
