import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingBuilds } from '../../scripts/complete-lock.mjs';

const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
  packages: Record<string, { version?: string; resolved?: string; link?: boolean }>;
};

describe('package-lock.json', () => {
  it('holds the builds for all platforms, without which `npm ci` refuses it (mended by scripts/complete-lock.mjs)', () => {
    expect(missingBuilds(lock.packages)).toEqual([]);
  });

  it('names no registry, so that every one can be used', () => {
    expect(Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.startsWith('http'))).toEqual([]);
  });
});

describe('a build that is missing in a lock', () => {
  const wanting = { optionalDependencies: { 'x-linux-x64': '1.0.0', 'x-darwin-arm64': '1.0.0' } };

  it('is noticed, and one that is there is not', () => {
    const packages = { 'node_modules/x': wanting, 'node_modules/x-linux-x64': { version: '1.0.0' } };
    expect(missingBuilds(packages)).toEqual([{ name: 'x-darwin-arm64', version: '1.0.0', dev: false }]);
  });

  it('counts as held inside of the package that wants it', () => {
    const inside = 'node_modules/a/node_modules/x';
    const packages = {
      [inside]: wanting,
      'node_modules/a/node_modules/x-linux-x64': {},
      'node_modules/x-darwin-arm64': {},
    };
    expect(missingBuilds(packages)).toEqual([]);
  });
});
