import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resetTime } from '../../../src/agents/stream/reset-time.js';

const now = new Date(2026, 10, 21, 10, 30).getTime();
const at = (...time: [number, number, number, number, number]): number => new Date(...time).getTime();

describe('the time when a limit is reset', () => {
  it.each([
    ['1795267412', 1_795_267_412_000],
    ['1795267412000', 1_795_267_412_000],
    ['2026-11-21T12:00:00Z', Date.UTC(2026, 10, 21, 12)],
    ['11:53 AM', at(2026, 10, 21, 11, 53)],
    ['9:05 am', at(2026, 10, 22, 9, 5)],
    ['12:00 AM', at(2026, 10, 22, 0, 0)],
    ['12:15 PM', at(2026, 10, 21, 12, 15)],
    ['11am (UTC)', at(2026, 10, 21, 11, 0)],
    ['23:10', at(2026, 10, 21, 23, 10)],
    ['Nov 22nd, 2026 11:53 AM', at(2026, 10, 22, 11, 53)],
    ['3 hours 20 minutes', now + 12_000_000],
    ['2h3m4s', now + 7_384_000],
    ['1 day', now + 86_400_000],
    ['later', undefined],
    ['25:00', undefined],
    ['', undefined],
  ])('is found in %j', (told, expected) => {
    expect(resetTime(told, now)).toBe(expected);
  });

  it('is finite or unknown for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const time = resetTime(text, now);
        expect(time === undefined || Number.isFinite(time)).toBe(true);
      }),
    );
  });
});
