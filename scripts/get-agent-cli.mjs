/**
 * Fetches agents' command lines into Baton's cache and prints where they are. Only tests use them, with scripted APIs; the product takes what is
 * on PATH. They are npm packages too large to be dependencies.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** `mend`: what puts the program in its place where npm runs no scripts of packages. */
const CLIS = {
  claude: { package: '@anthropic-ai/claude-code', version: '2.1.329', folder: 'claude-code', mend: 'install.cjs' },
  codex: { package: '@openai/codex', version: '0.169.0', folder: 'codex' },
  gemini: { package: '@google/gemini-cli', version: '0.61.0', folder: 'gemini-cli' },
};
const INSTALL_MS = 8 * 60 * 1000;
const CHECK_MS = 60 * 1000;

/**
 * The path of a program with this name, fetched first where the cache has none.
 * @param {keyof typeof CLIS} name
 * @returns {string}
 */
export function getAgentCli(name) {
  const cli = { name, ...CLIS[name] };
  const folder = join(cacheFolder(cli), cli.version);
  if (!existsSync(programIn(folder, cli))) fetchInto(folder, cli);
  return programIn(folder, cli);
}

const programIn = (folder, { name }) => join(folder, 'node_modules', '.bin', name);

/** Beside the servers that Baton keeps in the XDG cache folder. */
function cacheFolder(cli) {
  const named = process.env['XDG_CACHE_HOME'];
  const base = named && isAbsolute(named) ? named : join(homedir(), '.cache');
  return join(base, 'baton', cli.folder);
}

/** The finished folder is renamed into its place: of two that fetch at once the first is kept, and both end with a whole one. */
function fetchInto(target, cli) {
  mkdirSync(cacheFolder(cli), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(cli), '.fetch-'));
  try {
    const options = ['--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
    run('npm', ['install', ...options, `${cli.package}@${cli.version}`], folder, INSTALL_MS);
    if (cli.mend && !answers(folder, cli)) {
      run(process.execPath, [cli.mend], join(folder, 'node_modules', cli.package), INSTALL_MS);
    }
    if (!answers(folder, cli)) throw new Error('the program does not run on this machine');
    place(folder, target, cli);
  } catch (error) {
    throw new Error(`${cli.package} ${cli.version} could not be fetched by npm: ${error.message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function place(folder, target, cli) {
  try {
    renameSync(folder, target);
  } catch (error) {
    if (!existsSync(programIn(target, cli))) throw error;
  }
}

function answers(folder, cli) {
  const options = { encoding: 'utf8', timeout: CHECK_MS };
  const { status, stdout } = spawnSync(programIn(folder, cli), ['--version'], options);
  return status === 0 && stdout.includes(cli.version);
}

function run(program, args, cwd, timeout) {
  const { status, error, stderr, stdout } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout });
  if (status === 0) return;
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-3).join(' / ');
  throw new Error(error?.message ?? said);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(CLIS)) {
    try {
      console.log(`${name} ${CLIS[name].version}: ${getAgentCli(name)}`);
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  }
}
