/**
 * Opens the one file that the build makes of Temporal's SDK, with what V8 made of it then. Of several hundred files, to find and to
 * compile them takes most of the time that the SDK needs to load: docs/decisions/0012.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** The code caches: one for the kind of process that talks to a server alone, one for a worker and its threads. */
export type Profile = 'client' | 'worker';

interface Opened {
  /** Each runs its package at the first call. All share the modules that they have in common. */
  packages: Readonly<Record<string, () => unknown>>;
  /** Whether V8 took the code cache. */
  cached: boolean;
  /** A file for `profile`: V8's code of every function that has run so far, which is why the build asks only after it loaded packages. */
  makeCache(): Buffer;
}

/** What the file evaluates to. `host` gives it what a module would have from its place in node_modules. */
type Bundle = (
  require: NodeJS.Require,
  host: { require: NodeJS.Require; thread: string },
) => { version: string; packages: Opened['packages'] };

const FILE = fileURLToPath(new URL('bundle.cjs', import.meta.url));
const THREAD = fileURLToPath(new URL('thread.js', import.meta.url));
const CHECKSUM_BYTES = 4;

/**
 * Undefined where there is no bundle, as in the sources, or none that fits the packages that are installed: the native part of the SDK stays
 * outside of it. A cache that is missing or does not fit costs time and nothing else.
 */
export function openBundle(profile: Profile): Opened | undefined {
  try {
    const bytes = readFileSync(FILE);
    const cachedData = readCache(profile, bytes);
    // The build writes ASCII alone: V8 keeps such a text as it is in memory, and it needs no decoding.
    const script = new Script(bytes.toString('latin1'), { filename: FILE, ...(cachedData && { cachedData }) });
    const require = createRequire(import.meta.url);
    const manifest = require.resolve('@temporalio/worker/package.json');
    const run = script.runInThisContext() as Bundle;
    const { version, packages } = run(require, { require: createRequire(manifest), thread: THREAD });
    const installed = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    if (installed.version !== version) return undefined;
    const cached = script.cachedDataRejected === false;
    return { packages, cached, makeCache: () => sealed(bytes, script.createCachedData()) };
  } catch {
    // Missing, or cut short: the packages themselves are still there.
    return undefined;
  }
}

/** V8 compares its version and flags with those of a cache, but of the text only the length, and it crashes on a damaged one. */
function readCache(profile: Profile, source: Buffer): Buffer | undefined {
  try {
    const file = readFileSync(fileURLToPath(new URL(`${profile}.cache`, import.meta.url)));
    // The checksum stands last, so that the data begins where memory is aligned and V8 need not copy it.
    const data = file.subarray(0, -CHECKSUM_BYTES);
    return file.readUInt32LE(data.length) === checksum(source, data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function sealed(source: Buffer, data: Buffer): Buffer {
  const file = Buffer.concat([data, Buffer.alloc(CHECKSUM_BYTES)]);
  file.writeUInt32LE(checksum(source, data), data.length);
  return file;
}

const checksum = (source: Buffer, data: Buffer): number =>
  crc32(data, crc32(source, crc32(`${process.version} ${process.arch}`)));
