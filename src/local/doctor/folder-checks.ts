import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { Check, DoctorOptions } from '../doctor.js';

export async function folderChecks(given: DoctorOptions): Promise<Check[]> {
  return [writableCheck(given.home), sizeCheck(given.home), await freeCheck(given.home), await configCheck(given)];
}

function writableCheck(home: string): Check {
  const name = 'data folder';
  const there = existingAncestor(home);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return {
      name,
      ok: false,
      detail: `${there} cannot be written to`,
      fix: 'Set BATON_HOME to a folder that you can write to.',
    };
  }
  if (there !== home) return { name, ok: true, detail: `${home} (made at the first run)` };
  const open = (lstatSync(home).mode & 0o077) !== 0;
  if (!open) return { name, ok: true, detail: home };
  return { name, ok: 'warning', detail: `${home} can be read by other users`, fix: `chmod 700 ${home}` };
}

function sizeCheck(home: string): Check {
  const { bytes, whole } = sizeOfFolder(home);
  const detail = `${whole ? '' : 'more than '}${gibibytes(bytes)} GiB`;
  if (bytes < LIMITS.homeWarnBytes) return { name: 'size', ok: true, detail };
  return { name: 'size', ok: 'warning', detail, fix: 'Delete folders of old requests below requests/ in it.' };
}

async function freeCheck(home: string): Promise<Check> {
  const { bavail, bsize } = await statfs(existingAncestor(home));
  const free = bavail * bsize;
  const detail = `${gibibytes(free)} GiB free`;
  if (free >= LIMITS.diskFreeWarnBytes) return { name: 'disk', ok: true, detail };
  return { name: 'disk', ok: 'warning', detail, fix: 'Free some space, or set BATON_HOME to another disk.' };
}

async function configCheck(given: DoctorOptions): Promise<Check> {
  const { loadConfig } = await import('../config.js');
  try {
    const { sources } = loadConfig({ home: given.home, workspace: given.workspace });
    return {
      name: 'baton.yaml',
      ok: true,
      detail: sources.length > 0 ? sources.join(', ') : 'none; defaults are in force',
    };
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    return {
      name: 'baton.yaml',
      ok: false,
      detail: error.message,
      ...(error.hint === undefined ? {} : { fix: error.hint }),
    };
  }
}

/** The size of what a folder holds, links not followed, up to a number of files. */
function sizeOfFolder(folder: string): { bytes: number; whole: boolean } {
  let bytes = 0;
  let files = 0;
  const waiting = existsSync(folder) ? [folder] : [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of namesIn(next)) {
      if (++files > LIMITS.homeFiles) return { bytes, whole: false };
      const stat = lstatSync(join(next, name), { throwIfNoEntry: false });
      if (stat?.isDirectory()) waiting.push(join(next, name));
      else bytes += stat?.size ?? 0;
    }
  }
  return { bytes, whole: true };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The folder itself or the nearest one above it that exists. */
function existingAncestor(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingAncestor(dirname(folder));
}

const gibibytes = (bytes: number): string => (bytes / (1024 * 1024 * 1024)).toFixed(1);
