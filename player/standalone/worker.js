// Keeps the page: after a reload without a network it is there, whole and of one version. Files and documents are the
// player's own affair and are never answered from here.

importScripts("/tv/version.js"); // sets PAGE; the browser looks at it again whenever it looks at this file

const PREFIX = "cauthang-page-";
const NAME = PREFIX + self.PAGE.version;
const NEVER = ["/tv/root.json", "/tv/version.js", "/tv/worker.js"];

async function keep() {
  const cache = await caches.open(NAME);
  const fresh = (name) => new Request(`/tv/${name}`, { cache: "no-cache" });
  await cache.addAll(["", ...self.PAGE.files].map(fresh));
  await self.skipWaiting();
}

async function begin() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request, { ignoreSearch: true, ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === "/tv") event.respondWith(Response.redirect("/tv/", 302));
  else if (url.pathname.startsWith("/tv/") && !NEVER.includes(url.pathname)) event.respondWith(kept(event.request));
});
