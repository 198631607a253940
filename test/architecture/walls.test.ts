import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAY_IMPORT, MAY_IMPORT_TYPES, PURE, ROOT } from '../../scripts/rooms.mjs';
import { walls, type Walls } from '../../scripts/walls.mjs';

const PROJECT = resolve(import.meta.dirname, '../..');
const temporary: string[] = [];

/** A folder with the project's manifest and packages, and the given files in it. */
function projectWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'baton-walls-'));
  temporary.push(root);
  cpSync(join(PROJECT, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterAll(() => {
  for (const root of temporary) rmSync(root, { recursive: true, force: true });
});

describe('the rooms of src/', () => {
  it('import nothing through a wall', async () => {
    const { modules, crossings } = await walls(PROJECT);
    expect(crossings.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`)).toEqual([]);
    expect(modules).toBeGreaterThan(10);
  }, 60_000);
});

describe('the table of rooms', () => {
  it('has no cycle', () => {
    const reach = (room: string, seen: Set<string>): Set<string> => {
      for (const next of MAY_IMPORT[room] ?? []) if (!seen.has(next)) reach(next, seen.add(next));
      return seen;
    };
    for (const room of Object.keys(MAY_IMPORT)) expect([...reach(room, new Set())], room).not.toContain(room);
  });

  it('names only rooms that it lists', () => {
    for (const named of [...Object.values(MAY_IMPORT), ...Object.values(MAY_IMPORT_TYPES)].flat()) {
      expect(Object.keys(MAY_IMPORT)).toContain(named);
    }
  });

  it('lets a pure room see the contract and earlier pure rooms alone', () => {
    PURE.forEach((room, index) => {
      expect(MAY_IMPORT[room]).toEqual(['contract', ...PURE.slice(0, index)]);
    });
  });
});

/** One harmless file a room, so that every planted import has something to reach. */
const HARMLESS = {
  ...Object.fromEntries(
    Object.keys(MAY_IMPORT).map((room) => [
      room === ROOT ? 'src/worker.ts' : `src/${room}/ok.ts`,
      'export const ok = 1;\n',
    ]),
  ),
  'src/contract/schemas/ok.ts': "import { z } from 'zod';\nexport const ok = z.string();\n",
  'src/activities/types.ts': 'export interface Kind { readonly kind: string }\nexport const kind = 1;\n',
  'src/workflows/typed.ts': "import type { Kind } from '../activities/types.js';\nexport type Same = Kind;\n",
  'src/workflows/sdk.ts':
    "export { sleep } from '@temporalio/workflow';\nexport { ApplicationFailure } from '@temporalio/common';\n",
};

const imports = (specifier: string): string => `import { ok } from '${specifier}';\nexport const bad = ok;\n`;
const allows = (room: string, target: string): boolean =>
  room === target || [...(MAY_IMPORT[room] ?? []), ...(MAY_IMPORT_TYPES[room] ?? [])].includes(target);

/** Every edge between two rooms that the table does not list, as files that cross it. */
const FORBIDDEN_EDGES = Object.keys(MAY_IMPORT).flatMap((room) =>
  Object.keys(MAY_IMPORT)
    .filter((target) => !allows(room, target))
    .map((target) => {
      const file = room === ROOT ? `src/to-${target}.ts` : `src/${room}/to-${target === ROOT ? 'root' : target}.ts`;
      const up = room === ROOT ? './' : '../';
      const specifier = target === ROOT ? `${up}worker.js` : `${up}${target}/ok.js`;
      return { rule: `room:${room}`, file, text: imports(specifier) };
    }),
);

/** The other kinds of wall. */
const PLANTED: readonly { rule: string; file: string; text: string }[] = [
  {
    rule: 'types-only:workflows',
    file: 'src/workflows/value.ts',
    text: "import { kind } from '../activities/types.js';\nexport const bad = kind;\n",
  },
  {
    rule: 'types-only:workflows',
    file: 'src/workflows/export.ts',
    text: "export { kind } from '../activities/types.js';\n",
  },
  {
    rule: 'types-only:workflows',
    file: 'src/workflows/lazy.ts',
    text: "export const bad = () => import('../activities/types.js');\n",
  },
  {
    rule: 'pure-rooms-have-no-packages',
    file: 'src/engine/clock.ts',
    text: "import { hrtime } from 'node:process';\nexport const bad = hrtime;\n",
  },
  {
    rule: 'pure-rooms-have-no-packages',
    file: 'src/routing/bare.ts',
    text: "import { join } from 'path';\nexport const bad = join;\n",
  },
  {
    rule: 'pure-rooms-have-no-packages',
    file: 'src/planning/package.ts',
    text: "import { parse } from 'yaml';\nexport const bad = parse;\n",
  },
  {
    rule: 'pure-rooms-have-no-packages',
    file: 'src/progress/temporal.ts',
    text: "import type { Duration } from '@temporalio/common';\nexport type Bad = Duration;\n",
  },
  {
    rule: 'words-have-no-packages',
    file: 'src/contract/zod.ts',
    text: "import { z } from 'zod';\nexport const bad = z;\n",
  },
  { rule: 'words-do-not-import-schemas', file: 'src/contract/shape.ts', text: imports('./schemas/ok.js') },
  { rule: 'sandbox-has-no-schemas', file: 'src/workflows/schema.ts', text: imports('../contract/schemas/ok.js') },
  { rule: 'sandbox-has-no-schemas', file: 'src/analysis/schema.ts', text: imports('../contract/schemas/ok.js') },
  { rule: 'sandbox-reaches', file: 'src/workflows/through.ts', text: "export { bad } from '../contract/shape.js';\n" },
  {
    rule: 'sandbox-reaches',
    file: 'src/workflows/logger.ts',
    text: "import pino from 'pino';\nexport const bad = pino;\n",
  },
  {
    rule: 'workflows-have-no-node',
    file: 'src/workflows/files.ts',
    text: "import { readFileSync } from 'node:fs';\nexport const bad = readFileSync;\n",
  },
  {
    rule: 'workflows-have-sdk-packages-only',
    file: 'src/workflows/client.ts',
    text: "import { Client } from '@temporalio/client';\nexport const bad = Client;\n",
  },
  {
    rule: 'sdk-from-its-room',
    file: 'src/local/sdk.ts',
    text: "export const bad = () => import('@temporalio/client');\n",
  },
  {
    rule: 'sdk-from-its-room',
    file: 'src/sdk/value.ts',
    text: "export { CancelledFailure } from '@temporalio/common';\n",
  },
  {
    rule: 'no-cycle',
    file: 'src/engine/one.ts',
    text: "import { two } from './two.js';\nexport const one = (): unknown => two;\n",
  },
  {
    rule: '',
    file: 'src/engine/two.ts',
    text: "import { one } from './one.js';\nexport const two = (): unknown => one;\n",
  },
  { rule: 'room-cycle', file: 'src/recovery/back.ts', text: imports('../engine/forth.js') },
  { rule: '', file: 'src/engine/forth.ts', text: "export { ok } from '../recovery/ok.js';\n" },
  { rule: 'unknown-room', file: 'src/stranger/alone.ts', text: 'export const alone = 1;\n' },
  { rule: 'no-unresolved', file: 'src/cli/missing.ts', text: imports('../client/nowhere.js') },
  {
    rule: 'no-dev-packages',
    file: 'src/local/testing.ts',
    text: "import fc from 'fast-check';\nexport const bad = fc;\n",
  },
];

describe('a planted violation', () => {
  let clean: Walls;
  let planted: Walls;

  beforeAll(async () => {
    clean = await walls(projectWith(HARMLESS));
    const violations = [...FORBIDDEN_EDGES, ...PLANTED].map(({ file, text }) => [file, text]);
    planted = await walls(projectWith({ ...HARMLESS, ...Object.fromEntries(violations) }));
  }, 60_000);

  it('is all that is reported: the tree without one crosses nothing', () => {
    expect(clean.crossings).toEqual([]);
    expect(clean.modules).toBe(Object.keys(HARMLESS).length);
  });

  it.each([...FORBIDDEN_EDGES, ...PLANTED].filter(({ rule }) => rule !== ''))(
    '$file is caught by $rule',
    ({ rule, file }) => {
      const from = rule === 'room-cycle' ? file.split('/').slice(0, 2).join('/') : file;
      expect(planted.crossings.filter((crossing) => crossing.from === from).map((crossing) => crossing.rule)).toContain(
        rule,
      );
    },
  );
});

describe('a project without modules', () => {
  it('is seen to have none, so that the check fails', async () => {
    expect(await walls(projectWith({}))).toEqual({ modules: 0, edges: 0, crossings: [] });
  });
});
