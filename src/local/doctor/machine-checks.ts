import { existsSync } from 'node:fs';
import { LIMITS } from '../../contract/limits.js';
import { PRECONFIGURED } from '../../contract/runtimes/index.js';
import type { Check, DoctorOptions } from '../doctor.js';
import { findClaude, INSTALL_CLAUDE } from '../claude.js';
import { cachedBinaryPath } from '../server-binary/find.js';
import { runCommand } from '../server-binary/run-command.js';
import { checkBinary, findOnPath, OLDEST_SERVER_VERSION, programOnPath } from '../server-binary/verify.js';
import { compareVersions } from '../versions.js';

type Given = DoctorOptions & { env: Readonly<Record<string, string | undefined>> };

const OLDEST_NODE = '20.19.0';
const OLDEST_GIT = '2.30.0';

export async function machineChecks(given: Given): Promise<Check[]> {
  return [
    nodeCheck(),
    ...(await Promise.all([gitCheck(given), temporalCheck(given), agentCheck(given)])),
    containmentCheck(),
  ];
}

function nodeCheck(): Check {
  const ok = compareVersions(process.version, OLDEST_NODE) >= 0;
  const check = { name: 'node', ok, detail: `${process.version} at ${process.execPath}` };
  return ok ? check : { ...check, fix: `Install Node.js ${OLDEST_NODE} or newer.` };
}

async function gitCheck({ env }: Given): Promise<Check> {
  const path = programOnPath('git', env);
  const fix = `Install git ${OLDEST_GIT} or newer; without it Baton analyses folders but isolates no edits.`;
  if (path === undefined) return { name: 'git', ok: 'warning', detail: 'not on PATH', fix };
  const run = await runCommand({ command: [path, '--version'], env, timeMs: LIMITS.connectMs });
  const version = run.kind === 'ok' ? /\d+\.\d+(\.\d+)?/.exec(run.stdout)?.[0] : undefined;
  if (version === undefined) return { name: 'git', ok: 'warning', detail: `${path} does not tell its version`, fix };
  const ok = compareVersions(version, OLDEST_GIT) >= 0;
  const check = { name: 'git', detail: `${version} at ${path}` };
  return ok ? { ...check, ok } : { ...check, ok: 'warning', fix };
}

async function temporalCheck({ env }: Given): Promise<Check> {
  const onPath = await findOnPath(env);
  const cached = onPath.kind === 'usable' ? onPath : await checkBinary(cachedBinaryPath(env), 'cache');
  if (cached.kind === 'usable') {
    const { path, version, source } = cached.binary;
    return { name: 'temporal', ok: true, detail: `server ${version} at ${path} (${source})` };
  }
  const go = programOnPath('go', env);
  const how =
    go === undefined
      ? 'it will be downloaded at the first run'
      : 'it will be downloaded, or built with Go, at the first run';
  const why = onPath.kind === 'none' ? onPath.reason : '';
  return {
    name: 'temporal',
    ok: 'warning',
    detail: `${why}; ${how}`,
    fix: `Nothing, or put a \`temporal\` with server ${OLDEST_SERVER_VERSION} or newer on PATH.`,
  };
}

async function agentCheck({ env }: Given): Promise<Check> {
  const claude = await findClaude(env);
  const others = Object.values(PRECONFIGURED).flatMap(({ title, program }) => {
    const path = programOnPath(program, env);
    return path === undefined ? [] : [`${title} at ${path}`];
  });
  if (claude.kind === 'found') {
    const detail = [`Claude Code ${claude.version} at ${claude.path}`, ...others].join('; ');
    return { name: 'agents', ok: true, detail };
  }
  const without =
    others.length > 0
      ? `${others.join('; ')}; Baton's own agents need Claude Code`
      : 'built-in skills and commands work without';
  return { name: 'agents', ok: 'warning', detail: `${claude.reason}; ${without}`, fix: INSTALL_CLAUDE };
}

/** What makes the processes of a task die with their worker: it is found by a mark in the environment of each. */
function containmentCheck(): Check {
  const name = 'containment';
  if (existsSync('/proc/self/environ')) {
    return { name, ok: true, detail: 'processes of tasks are found in /proc, also ones that detach themselves' };
  }
  return {
    name,
    ok: 'warning',
    detail: 'no /proc: processes of tasks that detach themselves may outlive a killed worker',
  };
}
