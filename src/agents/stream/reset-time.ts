const MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/**
 * When a usage limit is reset, as Unix time in ms, from whatever form a program tells it in: Unix seconds or ms, an ISO date, a local clock time
 * (the next one after `now`) with or without a date, or a time from now (`3 hours 20 minutes`, `2h3m`). Undefined for anything else.
 */
export function resetTime(told: string, now: number): number | undefined {
  const text = told.trim().slice(0, 100);
  if (/^\d{10}(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{13}$/.test(text)) return Number(text);
  return clockTime(text, now) ?? fromNow(text, now) ?? dated(text);
}

function clockTime(text: string, now: number): number | undefined {
  const match =
    /^(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([ap])\.?m\b/i.exec(text) ?? /^(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(text);
  if (!match) return undefined;
  const [, hour = '0', minute = '0', half] = match;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  if (hours > 23 || Number(minute) > 59) return undefined;
  const at = new Date(now);
  at.setHours(hours, Number(minute), 0, 0);
  if (at.getTime() < now) at.setDate(at.getDate() + 1);
  return at.getTime();
}

function fromNow(text: string, now: number): number | undefined {
  const parts = [
    ...text.matchAll(/(\d{1,7}(?:\.\d{1,3})?)\s*(d|h|m|s)(?:ays?|ours?|rs?|inutes?|ins?|econds?|ecs?)?(?![a-z])/gi),
  ];
  if (parts.length === 0) return undefined;
  const ms = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * MS[unit?.toLowerCase() as keyof typeof MS],
    0,
  );
  return Math.round(now + ms);
}

/** Such as `Nov 22nd, 2026 11:53 AM`, or an ISO date. */
function dated(text: string): number | undefined {
  if (!/\d{4}/.test(text)) return undefined;
  const ms = Date.parse(text.replace(/(\d)(?:st|nd|rd|th)\b/, '$1'));
  return Number.isFinite(ms) ? ms : undefined;
}
