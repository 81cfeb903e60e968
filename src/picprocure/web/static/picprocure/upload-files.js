// The files of a drop or a choice: those of whole folders too, in their order.

export async function filesOf(transfer) {
  // Asked for at once: after the event is over, a browser forgets the items.
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
    // It gives a hundred at a time, and none at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const inner of some) await collect(inner, files);
  }
}

// What a folder holds besides photos, and nobody meant.
const OTHERS = /^(\.|thumbs\.db$|desktop\.ini$)/i;

export function isMeant(file) {
  return !OTHERS.test(file.name);
}

// A ZIP is never asked for by its hash: the site keeps those of the photos in it.
export function isZip(file) {
  return /\.zip$/i.test(file.name);
}

// SHA-256 in hexadecimal, or null where a browser doesn't compute it: on plain HTTP from afar.
export async function hashOf(file) {
  if (!globalThis.crypto?.subtle) return null;
  return hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
}

// What a file begins with, in hexadecimal: enough for the site to say what it is.
export async function headOf(file) {
  return hex(await file.slice(0, HEAD_BYTES).arrayBuffer());
}

const HEAD_BYTES = 256;

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
