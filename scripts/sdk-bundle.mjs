/**
 * Makes one file of Temporal's SDK, for `src/sdk/bundle.ts` to load: a function of `require` and `host`, whose answer runs a package when it
 * is asked for. What only bundling workflows needs stays outside, as do the native part and files that are found by their place.
 */
import { spawnSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

/** What each of the code caches is made of: the packages that such a process loads. */
const PROFILES = {
  client: ['@temporalio/client', '@temporalio/common', '@temporalio/common/lib/time.js', '@temporalio/envconfig'],
  worker: ['@temporalio/worker', '@temporalio/activity', '@temporalio/common', '@temporalio/envconfig'],
};
const THREAD = '@temporalio/worker/lib/workflow/workflow-worker-thread.js';
const ENTRIES = [...new Set([...Object.values(PROFILES).flat(), THREAD])];

/** The worker requires these when it starts, and uses them to bundle workflows, which only the build does. */
const LATER = ['memfs', 'unionfs', 'webpack'];

const ENTRY = '\0entry';
const LATER_PREFIX = '\0later:';
/** The name in the bundle of what `src/sdk/bundle.ts` hands in; nothing in the packages is called so. */
const HOST = '__batonHost';
/** Many times what it takes. */
const CACHE_MS = 60_000;

/** The files of the bundle below dist/. */
export const SDK_OUTPUTS = ['bundle.cjs', 'client.cache', 'worker.cache'].map((name) => join('sdk', name));

/** @returns {string | undefined} the manifest of the bundler; absent where only what runs Baton is installed */
export function findSdkBundler() {
  try {
    return require.resolve('rolldown/package.json');
  } catch {
    return undefined;
  }
}

/**
 * Writes the bundle and its code caches. Without them Baton loads the packages themselves, so a failure is said and nothing more.
 * @param {string} dist the folder of the compiled sources
 */
export async function bundleSdk(dist) {
  const [file, ...caches] = SDK_OUTPUTS.map((path) => join(dist, path));
  // First the caches: until there are new ones, the text beside them is compiled anew.
  for (const path of [...caches, file]) rmSync(path, { force: true });
  try {
    replace(file, await bundle());
    for (const [profile, names] of Object.entries(PROFILES)) makeCache(dist, profile, names);
  } catch (error) {
    console.error(`Temporal's SDK could not be bundled; Baton starts more slowly: ${error?.message ?? error}`);
  }
}

async function bundle() {
  const { rolldown } = await import('rolldown');
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const build = await rolldown({
    input: ENTRY,
    cwd,
    platform: 'node',
    treeshake: false,
    plugins: [sdk],
    logLevel: 'warn',
  });
  // Not made smaller: with its code cache that saves nothing, and a stack trace would name one line for all.
  const { output } = await build.generate({ format: 'cjs', minify: false, comments: false });
  await build.close();
  if (output.length !== 1) throw new Error(`${output.length} files instead of one`);
  return `(function(require,${HOST}){const module={};${inAscii(output[0].code)}\nreturn module.exports})`;
}

/** Everything else than ASCII stands in texts and patterns, where an escape means the same. */
const inAscii = (code) =>
  code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** @type {import('rolldown').Plugin} */
const sdk = {
  name: 'sdk',
  resolveId(id, importer) {
    if (id === ENTRY) return id;
    if (LATER.includes(id)) return LATER_PREFIX + id;
    return importer === ENTRY ? require.resolve(id) : undefined;
  },
  load(id) {
    if (id === ENTRY) return entry();
    return id.startsWith(LATER_PREFIX) ? later(id.slice(LATER_PREFIX.length)) : undefined;
  },
  transform(code, id) {
    const [, name, path] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(id.replaceAll('\\', '/')) ?? [];
    return name === undefined || !path.endsWith('js') ? undefined : atItsPlace(code, name, path);
  },
};

function entry() {
  const { version } = require('@temporalio/worker/package.json');
  const packages = ENTRIES.map((name) => JSON.stringify(name)).map((name) => `${name}: () => require(${name})`);
  return `module.exports = { version: ${JSON.stringify(version)}, packages: { ${packages.join(', ')} } };`;
}

/** To claim to be an ES module keeps the importer from copying every property, which would load the package. */
const later = (name) =>
  `module.exports = new Proxy({}, { get: (_, key) => key === '__esModule' || ${HOST}.require(${JSON.stringify(name)})[key] });`;

/** What a module finds by its place is found by that place in node_modules; its thread of workflows loads the bundle too. */
function atItsPlace(code, name, path) {
  const folder = posix.dirname(path);
  const manifest = JSON.stringify(`${name}/package.json`);
  return code
    .replace(/\brequire\.resolve\((['"])(\.[^'"]*)\1\)/g, (_, _quote, target) => {
      const id = posix.join(name, folder, target);
      return `${id}.js` === THREAD ? `${HOST}.thread` : `${HOST}.require.resolve(${JSON.stringify(id)})`;
    })
    .replace(
      /\b__dirname\b/g,
      `require('path').join(${HOST}.require.resolve(${manifest}), '..', ${JSON.stringify(folder)})`,
    )
    .replace(/\b__filename\b/g, JSON.stringify(posix.join(name, path)));
}

/** In a process of its own, since V8 puts into a cache what ran, and without options, since it takes a cache for the same options alone. */
function makeCache(dist, profile, names) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS'));
  const script = fileURLToPath(import.meta.url);
  const { status, stderr } = spawnSync(process.execPath, [script, dist, profile, ...names], {
    env,
    encoding: 'utf8',
    timeout: CACHE_MS,
  });
  if (status !== 0) throw new Error(`no code cache for ${profile}: ${stderr}`);
}

/** Written beside the target and renamed, so that a process that starts meanwhile reads a whole file. */
function replace(path, content) {
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, content);
  renameSync(partial, path);
}

async function main([dist, profile, ...names]) {
  const { openBundle } = await import(pathToFileURL(join(dist, 'sdk', 'bundle.js')).href);
  const opened = openBundle(profile);
  if (opened === undefined) throw new Error('the bundle cannot be loaded');
  for (const name of names) opened.packages[name]();
  replace(join(dist, 'sdk', `${profile}.cache`), opened.makeCache());
  process.exit();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
