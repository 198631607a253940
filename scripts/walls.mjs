/** Checks the walls between the rooms of src/: `node scripts/walls.mjs [DIR]`. Ends with 1 where one is crossed, or if nothing was seen. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.js';
import { MAY_IMPORT, PURE, ROOT, roomOf, SANDBOXED, SCHEMAS, WORKFLOW_PACKAGES } from './rooms.mjs';

/**
 * @typedef {{ rule: string, from: string, to: string }} Crossing
 * @typedef {{ modules: number, edges: number, crossings: Crossing[] }} Walls
 */

/**
 * Measures every import below `root`/src against the table of rooms.
 * @param {string} root the project's folder
 * @returns {Promise<Walls>}
 */
export async function walls(root) {
  const modules = await cruiseSources(root);
  const crossings = [
    ...modules.broken.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    ...unknownRooms(modules.own),
    ...roomCycles(modules.own),
    ...sandboxLeaks(modules.own),
  ];
  const edges = modules.own.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
  return { modules: modules.own.length, edges, crossings: unique(crossings) };
}

async function cruiseSources(root) {
  if (!existsSync(join(root, 'src'))) return { own: [], broken: [] };
  const { output } = await cruise(['src'], {
    ...config.options,
    baseDir: resolve(root),
    preserveSymlinks: true,
    validate: true,
    ruleSet: { forbidden: config.forbidden },
  });
  return {
    own: output.modules.filter(({ source }) => source.startsWith('src/')),
    broken: output.summary.violations,
  };
}

function unknownRooms(modules) {
  return modules
    .filter(({ source }) => !(roomOf(source) in MAY_IMPORT))
    .map(({ source }) => ({
      rule: 'unknown-room',
      from: source,
      to: 'a folder that the table of rooms does not name',
    }));
}

/** A cycle of rooms at run time; the table allows none, so this also catches a table that was widened carelessly. */
function roomCycles(modules) {
  /** @type {Map<string, Set<string>>} */
  const arrows = new Map();
  for (const { source, dependencies } of modules) {
    const from = roomOf(source);
    for (const { resolved, typeOnly } of dependencies.map(edge)) {
      const to = roomOf(resolved);
      if (typeOnly || to === undefined || to === from) continue;
      arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
    }
  }
  return [...arrows.keys()]
    .filter((room) => [...reach(room, (at) => [...(arrows.get(at) ?? [])])].includes(room))
    .map((room) => ({ rule: 'room-cycle', from: name(room), to: name(room) }));
}

/** What sandboxed code would load at run time, through however many files: zod's schemas, Node, packages. */
function sandboxLeaks(modules) {
  const bySource = new Map(modules.map((module) => [module.source, module.dependencies.map(edge)]));
  const next = (source) =>
    (bySource.get(source) ?? []).filter(({ typeOnly }) => !typeOnly).map(({ resolved }) => resolved);
  return modules
    .filter(({ source }) => SANDBOXED.includes(roomOf(source)))
    .flatMap(({ source }) =>
      [...reach(source, next)]
        .filter((reached) => leaks(reached, PURE.includes(roomOf(source))))
        .map((reached) => ({ rule: 'sandbox-reaches', from: source, to: reached })),
    );
}

function leaks(path, fromPureRoom) {
  if (path.startsWith(`src/${SCHEMAS}/`)) return true;
  // A relative path that resolved to nothing has a rule of its own.
  if (path.startsWith('src/') || path.startsWith('.')) return false;
  const mayLoad = fromPureRoom ? [] : WORKFLOW_PACKAGES;
  return !mayLoad.some((allowed) => `/${path}/`.includes(`/${allowed}/`));
}

const edge = ({ resolved, dependencyTypes }) => ({ resolved, typeOnly: dependencyTypes.includes('type-only') });

/** Everything that can be reached from `start` by at least one step. */
function reach(start, next) {
  const seen = new Set();
  const open = [...next(start)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...next(at));
  }
  return seen;
}

function unique(crossings) {
  return [...new Map(crossings.map((crossing) => [JSON.stringify(crossing), crossing])).values()];
}

const name = (room) => (room === ROOT ? 'src' : `src/${room}`);

async function main() {
  const { modules, edges, crossings } = await walls(process.argv[2] ?? '.');
  for (const { rule, from, to } of crossings) console.error(`${rule}: ${from} → ${to}`);
  if (modules === 0) console.error('No modules were seen below src/: nothing was checked.');
  else console.log(`${modules} modules, ${edges} imports, ${crossings.length} walls crossed`);
  process.exitCode = modules === 0 || crossings.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
