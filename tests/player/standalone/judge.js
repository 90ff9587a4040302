// The contract in JavaScript, asked by the tests: cases come in as JSON, answers go out as JSON.

import * as contract from "/contract/index.js";
import { fromBase64, sha256, toBase64 } from "/contract/bytes.js";
import { read } from "/contract/documents.js";
import { parse } from "/contract/json.js";
import { heldApproval } from "/contract/restore.js";

const DOORS = {
  trust: ({ state, bytes, now }) => contract.acceptTrust(state, bytes, now),
  revocation: ({ state, bytes, now }) => contract.acceptRevocation(state, bytes, now),
  head: ({ state, bytes, now }) => contract.acceptHead(state, bytes, now),
  approval: ({ state, bytes, now, reference }) => contract.acceptApproval(state, bytes, reference, now),
  check: ({ state, bytes, now }) => contract.checkPlaylist(state, bytes, now),
  playlist: ({ state, bytes, now }) => contract.acceptPlaylist(state, bytes, now),
  receipt: ({ state, bytes }) => contract.openReceipt(state, bytes),
  unpack: async ({ bytes, kind }) => toBase64(await contract.unpack(bytes, kind)),
  json: async ({ bytes, depth, numbers }) => parse(bytes, { depth, numbers }),
  read: async ({ bytes, kind }) => opened(kind, bytes),
  midnight: async ({ date, zone }) => contract.midnight(date, zone),
};

const opened = (kind, bytes) => read(kind, contract.openEnvelope(kind, bytes).payload);

// What it is and a code, never a stack: an error that is no refusal must fail the test that sees it.
async function verdict(door, asked) {
  try {
    return { accepted: plain(await portrait(await DOORS[door](asked), asked)) };
  } catch (error) {
    return error instanceof contract.Refusal ? { refused: error.code } : { broken: `${error.stack}` };
  }
}

async function portrait(answer, { now, ages }) {
  if (!answer?.sealed) return answer;
  const sealed = {};
  for (const [name, bytes] of answer.sealed) sealed[name] = await sha256(bytes);
  const instants = ages.map((age) => ({ ...now, ms: now.ms + age }));
  return {
    ...answer,
    sealed,
    floor: contract.floorMs(answer),
    held: new Map(Array.from(answer.held, ([name, held]) => [name, { ...held, signers: [...held.signers].sort() }])),
    freshness: instants.map((instant) => contract.freshness(answer, instant)),
    why: (answer.playlist?.entries ?? []).map((entry) => instants.map((at) => contract.whyNot(answer, entry, at))),
  };
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([name, inner]) => [name, plain(inner)]));
}

// What a player believes, as its store would give it back, and approvals that no playlist names yet.
async function stateOf({ screen, unit, pinned, sealed, floors }) {
  const bytes = new Map(Object.entries(sealed).map(([name, text]) => [name, fromBase64(text)]));
  const state = await contract.restore(screen, unit, pinned, bytes, new Map(Object.entries(floors)));
  for (const [name, approval] of bytes) {
    if (state.sealed.has(name)) continue;
    state.held.set(name, await heldApproval(state.trust, approval));
    state.sealed.set(name, approval);
  }
  return state;
}

async function judge({ states, asked, ages }) {
  const believed = [];
  for (const state of states) believed.push(await stateOf(JSON.parse(state)));
  const verdicts = [];
  for (const { door, state, bytes, ...rest } of asked) {
    const known = { state: believed[state], bytes: bytes === undefined ? bytes : fromBase64(bytes), ages };
    verdicts.push(await verdict(door, { ...rest, ...known }));
  }
  return verdicts;
}

const allowed = (entries) => (entry) => entries.includes(entry);

// What each playlist shows at some instants, while some of its entries are allowed.
async function show(playlists) {
  return playlists.map(({ bytes, instants }) => {
    const playlist = opened("playlist", fromBase64(bytes));
    return instants.map(([instant, entries]) => contract.showingAt(playlist, instant, allowed(entries)));
  });
}

async function putOut(playlists) {
  return playlists.map(({ bytes, instants }) => {
    const playlist = opened("playlist", fromBase64(bytes));
    return instants.map((instant) => contract.outputAt(playlist, instant));
  });
}

async function pairOf({ publicKey, privateKey }) {
  return {
    publicKey: await crypto.subtle.importKey("raw", fromBase64(publicKey), "Ed25519", true, ["verify"]),
    privateKey: await crypto.subtle.importKey("pkcs8", fromBase64(privateKey), "Ed25519", false, ["sign"]),
  };
}

const text = (bytes) => new TextDecoder().decode(bytes);

async function sealed({ kind, payload, key }) {
  return text(await contract.seal(contract.payloadTypeOf(kind), fromBase64(payload), await pairOf(key)));
}

async function sealedPlays({ batches, key }) {
  const pair = await pairOf(key);
  return Promise.all(batches.map(async (batch) => text(await contract.sealPlays(batch, pair))));
}

async function keyIdOf(publicKey) {
  return contract.keyId(fromBase64(publicKey));
}

const asked = (answer) => async (text) => JSON.stringify(await answer(JSON.parse(text)));

async function shares({ whole, number, spanMs }) {
  return contract.shares(whole, number, spanMs);
}

const questions = { judge, show, putOut, sealed, sealedPlays, keyIdOf, shares };
for (const [name, answer] of Object.entries(questions)) window[name] = asked(answer);
window.contract = contract;
