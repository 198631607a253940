import { LIMITS } from '../contract/limits.js';
import { readListed } from './files.js';
import type { ListedFile } from './listing.js';
import { baseOf, folderOf } from './paths.js';

export interface Manifest {
  file: ListedFile;
  /** Folder relative to the workspace; `.` for the workspace itself. */
  folder: string;
  kind: ManifestKind;
  text: string;
}

export type ManifestKind = 'npm' | 'make' | 'just' | 'cargo' | 'go' | 'python' | 'maven' | 'gradle' | 'cmake';

const NAMES: Record<string, ManifestKind> = {
  'package.json': 'npm',
  Makefile: 'make',
  makefile: 'make',
  GNUmakefile: 'make',
  justfile: 'just',
  Justfile: 'just',
  '.justfile': 'just',
  'Cargo.toml': 'cargo',
  'go.mod': 'go',
  'pyproject.toml': 'python',
  'setup.cfg': 'python',
  'setup.py': 'python',
  'tox.ini': 'python',
  'pytest.ini': 'python',
  'ruff.toml': 'python',
  'requirements.txt': 'python',
  'pom.xml': 'maven',
  'build.gradle': 'gradle',
  'build.gradle.kts': 'gradle',
  'CMakeLists.txt': 'cmake',
};

/** Which build tool a file's name belongs to; undefined where it is no manifest. */
function manifestKind(path: string): ManifestKind | undefined {
  const base = baseOf(path);
  if (Object.hasOwn(NAMES, base)) return NAMES[base];
  return /^requirements[\w.-]*\.txt$/.test(base) ? 'python' : undefined;
}

/**
 * The manifests of a listing with their text, those nearest to the top first, at most LIMITS.manifestsListed. Symlinks
 * are passed over, and so are names that are not valid UTF-8, since no command could name their folder.
 */
export async function readManifests(root: string, files: ListedFile[], signal?: AbortSignal): Promise<Manifest[]> {
  const named = files.flatMap((file) => {
    const kind = file.kind === 'file' ? manifestKind(file.path) : undefined;
    const isText = Buffer.from(file.path).equals(file.raw);
    return kind !== undefined && isText ? [{ file, kind, folder: folderOf(file.path) }] : [];
  });
  named.sort((a, b) => depth(a.file.path) - depth(b.file.path) || (a.file.path < b.file.path ? -1 : 1));
  const manifests: Manifest[] = [];
  for (const { file, kind, folder } of named.slice(0, LIMITS.manifestsListed)) {
    signal?.throwIfAborted();
    const found = await readListed(root, file, LIMITS.scannedFileBytes);
    if (found.kind === 'read') manifests.push({ file, folder, kind, text: found.content.toString('utf8') });
  }
  return manifests;
}

/** A JSON text as an object; anything else, broken JSON included, is an empty one. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

export function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function depth(path: string): number {
  return path.split('/').length;
}
