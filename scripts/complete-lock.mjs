/**
 * Adds to package-lock.json the builds for other platforms that npm left out: `node scripts/complete-lock.mjs`. npm leaves out what the
 * registry in use does not offer, and `npm ci` then refuses the lock. Run it after `npm install` where test/architecture/lock.test.ts asks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * The optional packages that some package of the lock wants in one exact version and that the lock does not hold.
 * @param {Record<string, any>} packages the `packages` of a lock
 */
export function missingBuilds(packages) {
  return Object.entries(packages).flatMap(([path, wanting]) =>
    Object.entries(wanting.optionalDependencies ?? {})
      .filter(([name]) => !holds(packages, path, name))
      .map(([name, version]) => ({ name, version, dev: wanting.dev === true })),
  );
}

/** Looks where Node would: in the folders of packages from the one that wants it upwards. */
function holds(packages, path, name) {
  const folders = [path, ...[...path.matchAll(/(?:^|\/)node_modules\//g)].map(({ index }) => path.slice(0, index))];
  return folders.some((folder) => packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`]);
}

/** What npm itself writes of a build that is not for this machine, save its checksum, which only the registry knows. */
function entryOf({ name, version, dev }) {
  const words = name.split(/[^a-z0-9]+/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor)).slice(0, 1);
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

function main() {
  const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
  const missing = missingBuilds(lock.packages);
  for (const build of missing) lock.packages[`node_modules/${build.name}`] = entryOf(build);
  const { '': root, ...others } = lock.packages;
  const sorted = Object.entries(others).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = { '': root, ...Object.fromEntries(sorted) };
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.length} builds for other platforms added`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
