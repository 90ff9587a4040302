// What this browser remembers over a power cut: IndexedDB, every change on the disk before anybody acts on it.

const NAME = "cauthang-player";
const KEYED = ["facts", "parts"]; // facts: the key, the pairing, the state…; parts: files on their way in
const NUMBERED = ["plays", "aside"];
let opened = null;

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const name of KEYED) asked.result.createObjectStore(name);
      for (const name of NUMBERED) asked.result.createObjectStore(name, { keyPath: "n" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

// The answer of one question: `ask` gets the object store and returns its request.
export async function look(name, ask) {
  const store = (await open()).transaction(name).objectStore(name);
  return new Promise((done, failed) => {
    const request = ask(store);
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

// All of it or nothing, and on the disk when the promise is kept: `write` gets a function from name to object store.
export async function change(names, write) {
  const transaction = (await open()).transaction(names, "readwrite", { durability: "strict" });
  const done = new Promise((fine, failed) => {
    transaction.oncomplete = () => fine();
    transaction.onabort = () => failed(transaction.error ?? new Error("the browser stored nothing"));
  });
  write((name) => transaction.objectStore(name));
  return done;
}

export const fact = (name) => look("facts", (store) => store.get(name));

export const keepFacts = (facts) =>
  change(["facts"], (store) => {
    for (const [name, value] of Object.entries(facts)) store("facts").put(value, name);
  });
