import { asObject, jsonObject, type Manifest, type ManifestKind } from '../../workspace/manifests.js';
import { baseOf } from '../../workspace/paths.js';
import { readToml, tomlStrings, type TomlTables } from '../../workspace/toml.js';

export interface Dependency {
  name: string;
  /** As the manifest writes it; empty where it names none. */
  version: string;
  use: 'run' | 'development' | 'build' | 'optional' | 'peer' | 'indirect';
  /** Path of the manifest. */
  source: string;
  ecosystem: string;
}

/** The dependencies that a manifest names itself; none for a manifest of a kind that names none. */
export function dependenciesOf(manifest: Manifest): Dependency[] {
  const read = READERS[manifest.kind];
  if (!read) return [];
  const source = manifest.file.path;
  return read.list(manifest.text, source).map((one) => ({ ...one, source, ecosystem: read.ecosystem }));
}

type Named = Omit<Dependency, 'source' | 'ecosystem'>;

const READERS: Partial<Record<ManifestKind, { ecosystem: string; list(text: string, path: string): Named[] }>> = {
  npm: { ecosystem: 'npm', list: npm },
  python: { ecosystem: 'PyPI', list: python },
  go: { ecosystem: 'Go', list: go },
  cargo: { ecosystem: 'crates.io', list: cargo },
  maven: { ecosystem: 'Maven', list: maven },
};

function npm(text: string): Named[] {
  const manifest = jsonObject(text);
  const uses = [
    ['dependencies', 'run'],
    ['devDependencies', 'development'],
    ['optionalDependencies', 'optional'],
    ['peerDependencies', 'peer'],
  ] as const;
  return uses.flatMap(([field, use]) =>
    Object.entries(asObject(manifest[field])).map(([name, version]) => ({ name, version: textOf(version), use })),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function python(text: string, path: string): Named[] {
  const base = baseOf(path);
  if (/^requirements.*\.txt$/.test(base)) {
    const use = /dev|test|lint|doc/.test(base) ? 'development' : 'run';
    return text.split(/\r?\n/).flatMap((line) => requirement(line, use));
  }
  if (base !== 'pyproject.toml') return [];
  const tables = readToml(text);
  return [
    ...tomlStrings(tables.get('project')?.get('dependencies') ?? '').flatMap((line) => requirement(line, 'run')),
    ...[...(tables.get('project.optional-dependencies') ?? [])].flatMap(([, value]) =>
      tomlStrings(value).flatMap((line) => requirement(line, 'optional')),
    ),
    ...[...(tables.get('dependency-groups') ?? [])].flatMap(([, value]) =>
      tomlStrings(value).flatMap((line) => requirement(line, 'development')),
    ),
    ...tableEntries(tables, /^tool\.poetry\.dependencies$/, 'run').filter(({ name }) => name !== 'python'),
    ...tableEntries(tables, /^tool\.poetry\.(?:dev-dependencies|group\.[^.]+\.dependencies)$/, 'development'),
  ];
}

/** `requests[socks]>=2.0 ; python_version > "3"` → requests, >=2.0; options and comments are no requirement. */
function requirement(line: string, use: Named['use']): Named[] {
  const bare = line.replace(/(?:^|\s)#.*$/, '').trim();
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(bare);
  if (!match || /^[a-z+]+:\/\//.test(bare)) return [];
  return [{ name: match[1] ?? '', version: (match[2] ?? '').split(';')[0]?.trim() ?? '', use }];
}

function go(text: string): Named[] {
  const named: Named[] = [];
  let block = '';
  for (const line of text.split(/\r?\n/)) {
    const opened = /^(\w+)\s*\(/.exec(line);
    if (opened) block = opened[1] ?? '';
    else if (line.startsWith(')')) block = '';
    const bare = block === 'require' ? line : /^require\s+(.*)$/.exec(line)?.[1];
    const match = /^\s*(\S+)\s+(v\S+)(?:\s*\/\/\s*(indirect))?/.exec(bare ?? '');
    if (match) named.push({ name: match[1] ?? '', version: match[2] ?? '', use: match[3] ? 'indirect' : 'run' });
  }
  return named;
}

function cargo(text: string): Named[] {
  const tables = readToml(text);
  const uses = [
    ['', 'run'],
    ['dev-', 'development'],
    ['build-', 'build'],
  ] as const;
  return uses.flatMap(([prefix, use]) => [
    ...tableEntries(tables, new RegExp(`^(?:target\\..*\\.|workspace\\.)?${prefix}dependencies$`), use),
    ...[...tables].flatMap(([table, entries]): Named[] => {
      const name = new RegExp(`^(?:target\\..*\\.|workspace\\.)?${prefix}dependencies\\.([^.]+)$`).exec(table)?.[1];
      return name === undefined ? [] : [{ name, version: tomlStrings(entries.get('version') ?? '')[0] ?? '', use }];
    }),
  ]);
}

function tableEntries(tables: TomlTables, wanted: RegExp, use: Named['use']): Named[] {
  return [...tables].flatMap(([table, entries]) => {
    if (!wanted.test(table)) return [];
    return [...entries].map(([key, value]) => {
      const version = value.startsWith('{')
        ? (/version\s*=\s*["']([^"']*)/.exec(value)?.[1] ?? '')
        : (tomlStrings(value)[0] ?? '');
      return { name: key.replace(/\.workspace$/, ''), version, use };
    });
  });
}

/** Plain dependencies; what plugins and managed versions add is known to Maven alone. */
function maven(text: string): Named[] {
  const plain = text.replaceAll(/<!--[\s\S]*?-->|<(dependencyManagement|plugins)>[\s\S]*?<\/\1>/g, '');
  return [...plain.matchAll(/<dependency>([\s\S]*?)<\/dependency>/g)].map((match) => {
    const field = (name: string): string =>
      new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(match[1] ?? '')?.[1] ?? '';
    const use = field('scope') === 'test' ? 'development' : 'run';
    return { name: `${field('groupId')}:${field('artifactId')}`, version: field('version'), use };
  });
}
