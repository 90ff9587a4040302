// Local midnights, from the browser's own time zone database.

import { DAY_MS } from "./dates.js";

// A browser does not mind the case of a name and knows many that are none of the IANA database, so the spelling is
// checked first; the same pattern stands in playlists/model/basics.py.
const ZONE =
  /^(UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)(\/[A-Z][a-z]+([_-]([A-Z][a-z]+|au|es|of))*)+)$/;
const clocks = new Map();

/** Whether this is a zone by which wall-clock rules can be evaluated. @param {string} zone */
export function isZone(zone) {
  if (!ZONE.test(zone)) return false;
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * The UTC ms at which `date` (YYYY-MM-DD) begins in `zone`: the first time its clocks show midnight; where midnight is
 * skipped, the moment it would have been by the offset before.
 * @param {string} date
 * @param {string} zone
 */
export function midnight(date, zone) {
  const wall = Date.parse(`${date}T00:00:00Z`);
  const offsets = [offsetMs(wall - DAY_MS, zone), offsetMs(wall + DAY_MS, zone)];
  const shown = offsets.filter((offset) => offsetMs(wall - offset, zone) === offset);
  return Math.min(...(shown.length ? shown : offsets.slice(0, 1)).map((offset) => wall - offset));
}

function clockOf(zone) {
  if (!clocks.has(zone)) {
    clocks.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }));
  }
  return clocks.get(zone);
}

// "GMT", "GMT+07:00", or with seconds where local mean time was kept.
function offsetMs(instant, zone) {
  const { value } = clockOf(zone).formatToParts(instant).find((part) => part.type === "timeZoneName");
  const [, sign, hours, minutes, seconds = 0] = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(value);
  if (!sign) return 0;
  return (sign === "-" ? -1000 : 1000) * (hours * 3600 + minutes * 60 + Number(seconds));
}
