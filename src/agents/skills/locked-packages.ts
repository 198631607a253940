import { realpath } from 'node:fs/promises';
import { LIMITS } from '../../contract/limits.js';
import { readListed } from '../../workspace/files.js';
import type { ListedFile } from '../../workspace/listing.js';
import { asObject, jsonObject } from '../../workspace/manifests.js';
import { baseOf, folderOf } from '../../workspace/paths.js';
import type { Dependency } from './dependency-lists.js';
import { licenceField } from './licences.js';
import type { Ground } from './scan.js';

export interface LockedPackage {
  name: string;
  version: string;
  /** SPDX expression, or `unknown`. */
  licence: string;
  source: string;
}

/**
 * The packages that lock files name, each name and version once in a file, with the licence where the lock file or the
 * installed package tells it.
 */
export async function lockedPackages(ground: Ground, signal: AbortSignal): Promise<LockedPackage[]> {
  const packages: LockedPackage[] = [];
  for (const file of ground.listing.files) {
    const read = READERS[baseOf(file.path)];
    if (!read || file.kind !== 'file') continue;
    signal.throwIfAborted();
    const found = await readListed(ground.root, file, LIMITS.lockFileBytes);
    if (found.kind === 'read' && found.complete) {
      packages.push(...(await read(ground, file, found.content.toString('utf8'))));
    }
  }
  return packages;
}

/**
 * Licence of an npm package as its installed manifest tells it, `unknown` where it is not installed below the
 * workspace.
 */
export async function installedLicence(
  ground: Ground,
  dependency: Pick<Dependency, 'name' | 'source'>,
): Promise<string> {
  for (let at = folderOf(dependency.source); ; at = folderOf(at)) {
    const folder = `${at === '.' ? '' : `${at}/`}node_modules/${dependency.name}`;
    const licence = await manifestLicence(ground, folder);
    if (licence !== null || at === '.') return licence ?? 'unknown';
  }
}

type Reader = (ground: Ground, file: ListedFile, text: string) => Promise<LockedPackage[]>;

const READERS: Record<string, Reader> = {
  'package-lock.json': npmLock,
  'npm-shrinkwrap.json': npmLock,
  'Cargo.lock': tomlLock,
  'poetry.lock': tomlLock,
  'uv.lock': tomlLock,
};

async function npmLock(ground: Ground, file: ListedFile, text: string): Promise<LockedPackage[]> {
  const lock = jsonObject(text);
  const folder = folderOf(file.path) === '.' ? '' : `${folderOf(file.path)}/`;
  const packages = new Map<string, LockedPackage>();
  for (const { name, place, entry } of npmEntries(lock)) {
    const version = typeof entry['version'] === 'string' ? entry['version'] : '';
    const key = `${name}@${version}`;
    if (packages.has(key)) continue;
    const licence = licenceField(entry) ?? (await manifestLicence(ground, `${folder}${place}`)) ?? 'unknown';
    packages.set(key, { name, version, licence, source: file.path });
  }
  return [...packages.values()];
}

/**
 * Since version 2 a flat map by folder; before, a tree by name. Entries that link to a folder of the project are the
 * project's own.
 */
function npmEntries(lock: Record<string, unknown>): { name: string; place: string; entry: Record<string, unknown> }[] {
  if (lock['packages'] !== undefined) {
    return Object.entries(asObject(lock['packages'])).flatMap(([place, value]) => {
      const entry = asObject(value);
      const at = place.lastIndexOf('node_modules/');
      if (at < 0 || entry['link'] === true) return [];
      return [{ name: place.slice(at + 'node_modules/'.length), place, entry }];
    });
  }
  const entries: { name: string; place: string; entry: Record<string, unknown> }[] = [];
  const waiting = [{ place: '', tree: asObject(lock['dependencies']) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [name, value] of Object.entries(next.tree)) {
      const entry = asObject(value);
      const place = `${next.place}node_modules/${name}`;
      entries.push({ name, place, entry });
      if (entry['dependencies'] !== undefined)
        waiting.push({ place: `${place}/`, tree: asObject(entry['dependencies']) });
    }
  }
  return entries;
}

/** Neither Cargo's nor Python's lock files tell a licence. */
function tomlLock(_ground: Ground, file: ListedFile, text: string): Promise<LockedPackage[]> {
  const packages = text.split(/^\[\[package\]\]\s*$/m).slice(1);
  return Promise.resolve(
    packages.flatMap((entry) => {
      const field = (key: string): string => new RegExp(`^${key} = "([^"]*)"`, 'm').exec(entry)?.[1] ?? '';
      const isOwn = baseOf(file.path) === 'Cargo.lock' && field('source') === '';
      return isOwn ? [] : [{ name: field('name'), version: field('version'), licence: 'unknown', source: file.path }];
    }),
  );
}

/** Package managers install by symlink; one that leads out of the workspace is not followed. */
async function manifestLicence(ground: Ground, folder: string): Promise<string | null> {
  if (folder.split('/').includes('..')) return null;
  const root = await realpath(ground.root);
  const real = await realpath(`${root}/${folder}`).catch(() => null);
  if (real === null || !real.startsWith(root === '/' ? root : `${root}/`)) return null;
  const path = `${real.slice(root.length).replace(/^\//, '')}/package.json`;
  const file: ListedFile = { raw: Buffer.from(path), path, kind: 'file', bytes: 0 };
  const found = await readListed(root, file, LIMITS.scannedFileBytes);
  return found.kind === 'read' ? licenceField(jsonObject(found.content.toString('utf8'))) : null;
}
