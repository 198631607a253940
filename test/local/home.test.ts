import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureHome, homePaths, resolveCache, resolveHome } from '../../src/local/home.js';
import { temporaryFolder } from './helpers/folders.js';

describe('the data folder', () => {
  it('is BATON_HOME, made absolute, before the XDG state folder, before the one in the home folder', () => {
    expect(resolveHome({ BATON_HOME: 'x/../y', XDG_STATE_HOME: '/s', HOME: '/h' }, '/cwd')).toBe('/cwd/y');
    expect(resolveHome({ BATON_HOME: '', XDG_STATE_HOME: '/s', HOME: '/h' })).toBe('/s/baton');
    expect(resolveHome({ XDG_STATE_HOME: 'relative', HOME: '/h' })).toBe('/h/.local/state/baton');
  });

  it('does not move the cache', () => {
    expect(resolveCache({ BATON_HOME: '/elsewhere', HOME: '/h' })).toBe('/h/.cache/baton');
    expect(resolveCache({ XDG_CACHE_HOME: '/c', HOME: '/h' })).toBe('/c/baton');
  });

  it('is created with its folders, for its owner alone', () => {
    const paths = ensureHome(join(temporaryFolder(), 'deep', 'home'));
    for (const folder of [paths.home, paths.run, paths.logs, paths.artifacts, paths.requests]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
    expect(existsSync(paths.key)).toBe(false);
    expect(homePaths('/h')).toMatchObject({ database: '/h/temporal.db', key: '/h/key', config: '/h/baton.yaml' });
  });

  it('that cannot be made is an error with what to do', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const thrown = (): unknown => ensureHome(join(folder, 'file', 'home'));
    expect(thrown).toThrow(
      expect.objectContaining({ code: 'io', hint: expect.stringContaining('BATON_HOME') as string }),
    );
  });

  it('that cannot be written to is an error, for root too', () => {
    expect(() => ensureHome('/sys/baton')).toThrow(expect.objectContaining({ code: 'io' }));
  });
});
