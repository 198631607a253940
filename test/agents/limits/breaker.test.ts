import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../../src/agents/limits/breaker.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { folderWith } from '../../workspace/folders.js';

function place() {
  const home = folderWith();
  const clock = { now: 1_800_000_000_000 };
  const folder = join(home, 'limits');
  const open = () => createBreaker({ folder, temporary: join(home, 'tmp'), salt: 'salt', now: () => clock.now });
  return { clock, folder, open };
}

describe('the breaker', () => {
  it('holds an account back until its limit is reset, also after the worker was started anew', async () => {
    const { clock, open } = place();
    const until = await open().trip('a', clock.now + 60_000);
    expect(until).toBe(clock.now + 60_000);
    expect(await open().closedUntil('a')).toBe(until);
    expect(await open().closedUntil('b')).toBeUndefined();
    clock.now = until;
    expect(await open().closedUntil('a')).toBeUndefined();
  });

  it('waits longer each time where the reset time is not told, up to a bound; agents that meet it together count once', async () => {
    const { clock, open } = place();
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const until = await open().trip('a', undefined);
      expect(await open().trip('a', undefined)).toBe(until);
      waits.push(until - clock.now);
      clock.now = until;
    }
    const first = LIMITS.usageLimitFirstMs;
    expect(waits.slice(0, 4)).toEqual([first, 2 * first, 4 * first, 8 * first]);
    expect(waits[5]).toBe(LIMITS.usageLimitLongestMs);
    await open().worked('a', { anyway: false });
    expect((await open().trip('a', undefined)) - clock.now).toBe(first);
  });

  it('believes no reset time that is over or absurdly far away', async () => {
    const { clock, open } = place();
    expect(await open().trip('a', clock.now - 5000)).toBe(clock.now + LIMITS.usageLimitFirstMs);
    expect(await open().trip('b', clock.now + 1e15)).toBe(clock.now + LIMITS.usageLimitMostMs);
  });

  it('is not closed by an agent that began before the limit was met, but by one that was started anyway', async () => {
    const { clock, open } = place();
    const until = await open().trip('a', clock.now + 60_000);
    await open().worked('a', { anyway: false });
    expect(await open().closedUntil('a')).toBe(until);
    await open().worked('a', { anyway: true });
    expect(await open().closedUntil('a')).toBeUndefined();
  });

  it('counts a damaged file as none, and removes what is long over', async () => {
    const { clock, folder, open } = place();
    await open().trip('a', clock.now + 60_000);
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"v":1,"until"');
    expect(await open().closedUntil('a')).toBeUndefined();
    await open().trip('b', clock.now + 60_000);
    expect(readdirSync(folder)).toHaveLength(1);
    clock.now += 60_001 + LIMITS.usageLimitLongestMs;
    await open().trip('c', clock.now + 60_000);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe('an account', () => {
  const breaker = place().open();
  const sources = { runtime: 'claude-code', variables: ['ANTHROPIC_*'], home: '/home/ann' };
  const of = (env: Record<string, string>): string => breaker.accountOf({ ...sources, env });

  it('is told by the login that its runtime uses, and shows nothing of it', () => {
    const one = of({ HOME: '/home/ann', ANTHROPIC_API_KEY: 'sk-one' });
    expect(of({ HOME: '/home/ann', ANTHROPIC_API_KEY: 'sk-one', PATH: '/bin', GITHUB_TOKEN: 'x' })).toBe(one);
    expect(of({ HOME: '/home/ann', ANTHROPIC_API_KEY: 'sk-two' })).not.toBe(one);
    expect(one).toMatch(/^claude-code-[0-9a-f]{16}$/);
    expect(of({ HOME: '/home/ann', ANTHROPIC_MODEL: 'opus' })).toBe('claude-code-default');
    expect(of({ HOME: '/home/bob' })).not.toBe('claude-code-default');
  });
});
