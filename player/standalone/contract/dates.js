// Calendar dates as documents write them: YYYY-MM-DD.

export const DAY_MS = 86_400_000;

/** Whether this is a date of the calendar, the years 0001 to 9999. @param {string} text */
export function isDate(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text < "0001") return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** The date after this one. @param {string} date */
export const dayAfter = (date) => new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
