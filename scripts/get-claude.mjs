/**
 * Fetches the Claude Code command line into Baton's cache and prints where it is. Only tests use it, with a scripted API; the product takes
 * the `claude` on PATH. It is an npm package too large to be a dependency.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const PACKAGE = '@anthropic-ai/claude-code';
const VERSION = '2.1.329';
const INSTALL_MS = 8 * 60 * 1000;
const CHECK_MS = 60 * 1000;

/**
 * The path of a program named `claude`, fetched first where the cache has none.
 * @returns {string}
 */
export function getClaude() {
  const folder = join(cacheFolder(), VERSION);
  if (!existsSync(programIn(folder))) fetchInto(folder);
  return programIn(folder);
}

const programIn = (folder) => join(folder, 'node_modules', '.bin', 'claude');

/** Beside the servers that Baton keeps in the XDG cache folder. */
function cacheFolder() {
  const named = process.env['XDG_CACHE_HOME'];
  const base = named && isAbsolute(named) ? named : join(homedir(), '.cache');
  return join(base, 'baton', 'claude-code');
}

/** The finished folder is renamed into its place: of two that fetch at once the first is kept, and both end with a whole one. */
function fetchInto(target) {
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), '.fetch-'));
  try {
    const options = ['--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
    run('npm', ['install', ...options, `${PACKAGE}@${VERSION}`], folder, INSTALL_MS);
    // Where npm runs no scripts of packages, the program is not in its place yet.
    if (!answers(folder)) run(process.execPath, ['install.cjs'], join(folder, 'node_modules', PACKAGE), INSTALL_MS);
    if (!answers(folder)) throw new Error('the program does not run on this machine');
    place(folder, target);
  } catch (error) {
    throw new Error(`Claude Code ${VERSION} could not be fetched by npm: ${error.message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function place(folder, target) {
  try {
    renameSync(folder, target);
  } catch (error) {
    if (!existsSync(programIn(target))) throw error;
  }
}

function answers(folder) {
  const { status, stdout } = spawnSync(programIn(folder), ['--version'], { encoding: 'utf8', timeout: CHECK_MS });
  return status === 0 && stdout.startsWith(VERSION);
}

function run(program, args, cwd, timeout) {
  const { status, error, stderr, stdout } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout });
  if (status === 0) return;
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-3).join(' / ');
  throw new Error(error?.message ?? said);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(`Claude Code ${VERSION}: ${getClaude()}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
