/**
 * Builds dist/: the compiled sources, their assets, the workflow bundle that the worker loads, and the bundle of Temporal's SDK.
 * Does nothing where dist/ was made from the very same sources; `--force` builds all the same.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundleSdk, findSdkBundler, SDK_OUTPUTS } from './sdk-bundle.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.stamp');
const COMMAND = join(DIST, 'cli', 'main.js');
const WORKFLOWS = join(DIST, 'workflows', 'index.js');
const BUNDLE = join(DIST, 'workflow-bundle.js');
const LOADER = 'sdk/bundle.ts';
const require = createRequire(import.meta.url);
const hasSdk = findSdkBundler() !== undefined && existsSync(join(SRC, LOADER));
/**
 * The worker takes a stack trace of every promise in the sandbox and looks each of its frames up in the source map. That was more than half of
 * what a message to a request costs, and thousands of messages at once came near the time after which the worker gives a workflow up. A replay
 * of the history shows where a defect was thrown. It stands before the bundle, since the sandbox freezes `Error` after that, and on
 * its first line, so that the source map holds.
 */
const NO_STACKS = 'Error.stackTraceLimit = 0; ';

async function build() {
  const compiler = findCompiler();
  if (compiler === undefined) return withoutCompiler();
  const sources = filesBelow(SRC);
  const stamp = digest(sources);
  if (!process.argv.includes('--force') && isCurrent(stamp)) return 0;
  rmSync(STAMP, { force: true });
  removeOutputsWithoutSource(sources);
  if (!compile(compiler, sources)) return 1;
  copyAssets(sources);
  if (!(await bundle())) return 1;
  if (hasSdk) await bundleSdk(DIST);
  if (existsSync(COMMAND)) chmodSync(COMMAND, 0o755);
  writeFileSync(STAMP, stamp);
  return 0;
}

/** Absent after `npm ci --omit=dev`, which runs this script too. */
function findCompiler() {
  try {
    return require.resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

function withoutCompiler() {
  if (existsSync(COMMAND)) {
    console.log('TypeScript is not installed: dist/ stays as it was built.');
    return 0;
  }
  console.error('TypeScript is not installed and dist/ was never built: run `npm ci` without --omit=dev, then build.');
  return 1;
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/**
 * Of everything that decides what dist/ holds: sources, settings, these scripts, the compiler, the bundlers, the packages that are bundled,
 * and Node, whose code caches no other takes.
 */
function digest(sources) {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\0`);
  const scripts = ['build.mjs', 'sdk-bundle.mjs'].map((name) => join(ROOT, 'scripts', name));
  const settings = ['tsconfig.json', 'package-lock.json'].map((name) => join(ROOT, name)).filter(existsSync);
  const tools = ['typescript/package.json', '@temporalio/worker/package.json'].map((name) => require.resolve(name));
  const bundler = findSdkBundler();
  if (bundler !== undefined) tools.push(bundler);
  for (const file of [...sources, ...scripts, ...settings, ...tools]) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function isCurrent(stamp) {
  const outputs = [
    [SRC, 'workflows/index.ts', BUNDLE],
    [SRC, 'cli/main.ts', COMMAND],
    ...(hasSdk ? SDK_OUTPUTS.map((path) => [SRC, LOADER, join(DIST, path)]) : []),
  ];
  const complete = outputs.every(([from, source, output]) => !existsSync(join(from, source)) || existsSync(output));
  return complete && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp;
}

/** A module that was renamed or removed must not be importable from dist/ any more. */
function removeOutputsWithoutSource(sources) {
  if (!existsSync(DIST)) return;
  const expected = new Set([BUNDLE, STAMP, join(DIST, '.tsbuildinfo'), ...SDK_OUTPUTS.map((path) => join(DIST, path))]);
  for (const source of sources) {
    const output = join(DIST, relative(SRC, source));
    const script = output.replace(/\.ts$/, '.js');
    for (const path of [output, script, `${script}.map`]) expected.add(path);
  }
  for (const file of filesBelow(DIST)) if (!expected.has(file)) rmSync(file);
}

function compile(compiler, sources) {
  // The compiler trusts its own record of what it wrote and would not write again what was deleted since.
  const record = join(DIST, '.tsbuildinfo');
  const isWritten = (source) => existsSync(join(DIST, relative(SRC, source)).replace(/\.ts$/, '.js'));
  if (!sources.filter((path) => path.endsWith('.ts')).every(isWritten)) rmSync(record, { force: true });
  const options = ['-p', join(ROOT, 'tsconfig.json'), '--incremental', '--tsBuildInfoFile', record];
  return spawnSync(process.execPath, [compiler, ...options], { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function copyAssets(sources) {
  for (const source of sources.filter((path) => !path.endsWith('.ts'))) {
    const target = join(DIST, relative(SRC, source));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, target);
  }
}

/** Written beside the target and renamed, so that a worker that starts meanwhile never reads half a bundle. */
async function bundle() {
  if (!existsSync(WORKFLOWS)) {
    console.log('There are no workflows to bundle: src/workflows/index.ts does not exist.');
    return true;
  }
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath: WORKFLOWS,
      logger: new DefaultLogger('WARN', ({ message }) => console.error(message)),
      // The worker needs a source map for its stack traces, but not a second copy of every source in it.
      webpackConfigHook: (config) => ({ ...config, devtool: 'inline-nosources-source-map' }),
    });
    const partial = `${BUNDLE}.${process.pid}`;
    writeFileSync(partial, `${NO_STACKS}${code}`);
    renameSync(partial, BUNDLE);
    return true;
  } catch (error) {
    console.error(`The workflows could not be bundled: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

process.exitCode = await build();
