import type { ProjectCommand } from '../contract/facts.js';
import { LIMITS } from '../contract/limits.js';
import type { ListedFile } from './listing.js';
import { asObject, jsonObject, type Manifest, type ManifestKind } from './manifests.js';
import { folderOf } from './paths.js';
import { readToml } from './toml.js';

/**
 * The project's own commands as its manifests define them, the nearest to the top first, at most
 * LIMITS.projectCommands. A manifest further down adds a purpose only where no folder above it has that purpose by the
 * same kind of manifest, because the upper one usually covers it. Manifests of fixtures, examples and vendored code
 * give no command.
 */
export function projectCommands(manifests: Manifest[], files: ListedFile[]): ProjectCommand[] {
  const paths = new Set(files.map((file) => file.path));
  const commands: ProjectCommand[] = [];
  const known: { folder: string; kind: ManifestKind; purpose: string }[] = [];
  for (const manifest of manifests) {
    const { folder, kind } = manifest;
    if (folder.split('/').some((part) => FOREIGN_FOLDERS.has(part))) continue;
    for (const { purpose, argv } of READERS[kind](manifest, paths)) {
      const covers = known.some((one) => one.kind === kind && one.purpose === purpose && holds(one.folder, folder));
      if (covers || commands.length >= LIMITS.projectCommands) continue;
      known.push({ folder, kind, purpose });
      commands.push({ purpose, argv, cwd: folder, source: manifest.file.path });
    }
  }
  return commands;
}

interface Command {
  purpose: string;
  argv: string[];
}

type Reader = (manifest: Manifest, paths: Set<string>) => Command[];

const FOREIGN_FOLDERS = new Set(
  'test tests __tests__ fixtures testdata examples vendor third_party node_modules'.split(' '),
);

const READERS: Record<ManifestKind, Reader> = {
  npm: npmCommands,
  make: ({ text }) => targets('make', text),
  just: ({ text }) => targets('just', text),
  cargo: () => [
    { purpose: 'test', argv: ['cargo', 'test'] },
    { purpose: 'build', argv: ['cargo', 'build'] },
    { purpose: 'lint', argv: ['cargo', 'clippy'] },
  ],
  go: () => [
    { purpose: 'test', argv: ['go', 'test', './...'] },
    { purpose: 'lint', argv: ['go', 'vet', './...'] },
    { purpose: 'build', argv: ['go', 'build', './...'] },
  ],
  python: pythonCommands,
  maven: () => [{ purpose: 'test', argv: ['mvn', '-q', 'test'] }],
  gradle: ({ folder }, paths) => {
    const wrapper = folder === '.' ? 'gradlew' : `${folder}/gradlew`;
    return [{ purpose: 'test', argv: paths.has(wrapper) ? ['./gradlew', 'test'] : ['gradle', 'test'] }];
  },
  // Building with CMake needs a folder and options that only its user knows.
  cmake: () => [],
};

/**
 * Names that scripts go by; of each purpose the first that is there counts. A formatter that would write is not taken.
 */
const SCRIPTS: Record<string, string[]> = {
  test: ['test'],
  lint: ['lint', 'lint:check', 'check:lint', 'eslint'],
  build: ['build'],
  typecheck: ['typecheck', 'type-check', 'check:types', 'check-types', 'types:check', 'tsc'],
  format: ['format:check', 'check:format', 'format-check', 'prettier:check', 'check:prettier', 'fmt:check'],
};

function npmCommands({ text, folder }: Manifest, paths: Set<string>): Command[] {
  const manifest = jsonObject(text);
  const scripts = asObject(manifest['scripts']);
  const runner = packageManager(manifest, folder, paths);
  return Object.entries(SCRIPTS).flatMap(([purpose, names]) => {
    const name = names.find((one) => Object.hasOwn(scripts, one) && isCommand(scripts[one]));
    if (name === undefined) return [];
    return [{ purpose, argv: runner === 'npm' && name === 'test' ? ['npm', 'test'] : [runner, 'run', name] }];
  });
}

function isCommand(script: unknown): boolean {
  return typeof script === 'string' && script.trim() !== '' && !script.includes('Error: no test specified');
}

/** The lock file of the nearest folder decides, as it does for the package managers themselves. */
function packageManager(manifest: Record<string, unknown>, folder: string, paths: Set<string>): string {
  for (let at = folder; ; at = folderOf(at)) {
    const has = (name: string): boolean => paths.has(at === '.' ? name : `${at}/${name}`);
    if (has('pnpm-lock.yaml')) return 'pnpm';
    if (has('yarn.lock')) return 'yarn';
    if (has('package-lock.json') || has('npm-shrinkwrap.json')) return 'npm';
    if (at === '.') break;
  }
  const named = typeof manifest['packageManager'] === 'string' ? manifest['packageManager'].split('@')[0] : undefined;
  return named === 'pnpm' || named === 'yarn' ? named : 'npm';
}

/**
 * Targets of a Makefile, recipes of a justfile. `check` is what GNU projects call their tests, so it stands in where
 * `test` is missing.
 */
function targets(program: string, text: string): Command[] {
  const found = new Set([...text.matchAll(/^@?([A-Za-z0-9_.-]+)[^\n:=]{0,200}:(?![:=])/gm)].map((match) => match[1]));
  const wanted = [
    { purpose: 'test', names: ['test', 'check'] },
    { purpose: 'lint', names: ['lint'] },
    { purpose: 'build', names: ['build'] },
    { purpose: 'typecheck', names: ['typecheck'] },
    { purpose: 'format', names: ['format-check', 'check-format', 'fmt-check'] },
  ];
  return wanted.flatMap(({ purpose, names }) => {
    const name = names.find((one) => found.has(one));
    return name === undefined ? [] : [{ purpose, argv: [program, name] }];
  });
}

function pythonCommands({ file, text, folder }: Manifest, paths: Set<string>): Command[] {
  const tables = readToml(text);
  const base = file.path.slice(file.path.lastIndexOf('/') + 1);
  const inFolder = (name: string): boolean => paths.has(folder === '.' ? name : `${folder}/${name}`);
  const usesPytest =
    base === 'pytest.ini' ||
    [...tables.keys()].some((name) => /^(tool\.pytest|tool:pytest$|pytest$)/.test(name)) ||
    /^\s*["']?pytest\b/m.test(text) ||
    (base === 'pyproject.toml' && ['conftest.py', 'tests/conftest.py'].some(inFolder));
  const usesRuff = base === 'ruff.toml' || [...tables.keys()].some((name) => /^tool\.ruff(\.|$)/.test(name));
  return [
    ...(usesPytest ? [{ purpose: 'test', argv: ['pytest'] }] : []),
    ...(usesRuff ? [{ purpose: 'lint', argv: ['ruff', 'check', '.'] }] : []),
  ];
}

function holds(upper: string, lower: string): boolean {
  return upper === '.' || upper === lower || lower.startsWith(`${upper}/`);
}
