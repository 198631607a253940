import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, describe, expect, it } from 'vitest';
import { SANDBOXED } from '../../scripts/rooms.mjs';
import { bundledModules, packageOf } from './bundle-modules.js';

const PROJECT = resolve(import.meta.dirname, '../..');
const BUNDLE = join(PROJECT, 'dist/workflow-bundle.js');

/** What the SDK's own workflow code brings with it. */
const SDK_PACKAGES = ['@temporalio/common', '@temporalio/workflow', '@temporalio/worker', 'long', 'ms', 'nexus-rpc'];

const temporary: string[] = [];
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

describe('the workflow bundle', () => {
  const modules = bundledModules(readFileSync(BUNDLE, 'utf8'));
  const own = modules.filter((path) => packageOf(path) === undefined);

  it('holds the workflows', () => {
    expect(own).toContain('./dist/workflows/index.js');
    expect(modules.some((path) => packageOf(path) === '@temporalio/workflow')).toBe(true);
  });

  it('holds no package besides the SDK: no zod, no pino', () => {
    const packages = new Set(modules.map(packageOf).filter((name) => name !== undefined));
    expect([...packages].filter((name) => !SDK_PACKAGES.includes(name))).toEqual([]);
  });

  it('holds no module of Node', () => {
    const builtin = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);
    expect(modules.filter((path) => builtin.has(path) || path.startsWith('node:'))).toEqual([]);
  });

  it("holds of the project only the sandboxed rooms and the contract's words", () => {
    const rooms = [...SANDBOXED, 'contract'];
    const allowed = new RegExp(`^\\./dist/(?:${rooms.join('|')})/(?!schemas/)`);
    expect(own.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('stays small enough to load quickly', () => {
    expect(readFileSync(BUNDLE).byteLength).toBeLessThan(2 * 1024 * 1024);
  });
});

describe('the list of bundled modules', () => {
  it('names zod where workflow code loads it', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'baton-bundle-')));
    temporary.push(folder);
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'dist'));
    const workflowsPath = join(folder, 'dist/planted.js');
    writeFileSync(workflowsPath, "import { z } from 'zod';\nexport const orchestrate = async () => z.string();\n");
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    expect(bundledModules(code).map(packageOf)).toContain('zod');
  }, 60_000);
});
