// What a player believes: the one place where a document is accepted or refused.
//
// Bytes + stored state + now → a new state, or a Refusal that leaves the old state in force:
// 1. size, shape, payload type, before anything is believed (envelope.js);
// 2. signatures, by keys of the held trust and never of the message, counting distinct persons (signers.js);
// 3. only then the payload: strict schema (documents.js);
// 4. keys alive and not revoked, target, version, agreement with the head, time of issue.
// Expiry never refuses: it only moves `freshness`. What may be shown at an instant is `whyNot`.

export { acceptRevocation, acceptTrust } from "./authority.js";
export { acceptApproval, acceptHead, acceptPlaylist, checkPlaylist } from "./orders.js";
