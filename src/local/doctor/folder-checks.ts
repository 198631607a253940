import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { formatBytes } from '../../contract/bytes.js';
import type { Check, DoctorOptions } from '../doctor.js';
import { payloadKeyFile, payloadKeyId } from '../payload-codec.js';
import { sizeOfHome } from '../folder-size.js';

export async function folderChecks(given: DoctorOptions): Promise<Check[]> {
  const { home } = given;
  return [
    writableCheck(home),
    sizeCheck(home),
    await freeCheck(home),
    await configCheck(given),
    ...payloadChecks(home),
  ];
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
  const { bytes, whole, parts } = sizeOfHome(home);
  const shown = Object.entries(parts).flatMap(([part, size]) => (size > 0 ? [`${part} ${formatBytes(size)}`] : []));
  const total = `${whole ? '' : 'more than '}${formatBytes(bytes)}`;
  const detail = shown.length === 0 ? total : `${total}: ${shown.join(', ')}`;
  if (bytes < LIMITS.homeWarnBytes) return { name: 'size', ok: true, detail };
  const fix =
    'Free what finished requests left with `baton gc`, sooner than after 30 days with `baton gc --older-than 7d`.';
  return { name: 'size', ok: 'warning', detail, fix };
}

async function freeCheck(home: string): Promise<Check> {
  const { bavail, bsize } = await statfs(existingAncestor(home));
  const free = bavail * bsize;
  const detail = `${formatBytes(free)} free`;
  if (free >= LIMITS.diskFreeWarnBytes) return { name: 'disk', ok: true, detail };
  return {
    name: 'disk',
    ok: 'warning',
    detail,
    fix: 'Free some space with `baton gc`, or set BATON_HOME to another disk.',
  };
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

/** Only where encryption is on: without it there is nothing to look after. */
function payloadChecks(home: string): Check[] {
  const name = 'payloads';
  try {
    const id = payloadKeyId(home);
    if (id === undefined) return [];
    const open = (lstatSync(payloadKeyFile(home)).mode & 0o077) !== 0;
    const detail = `encrypted with the key ${id}`;
    if (!open) return [{ name, ok: true, detail }];
    return [
      {
        name,
        ok: 'warning',
        detail: `${detail}, which other users can read`,
        fix: `chmod 600 ${payloadKeyFile(home)}`,
      },
    ];
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    return [{ name, ok: false, detail: error.message, fix: error.hint ?? '' }];
  }
}

/** The folder itself or the nearest one above it that exists. */
function existingAncestor(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingAncestor(dirname(folder));
}
