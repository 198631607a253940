import { baseOf, extensionOf } from './paths.js';

export interface Language {
  name: string;
  /** Only `code` counts as source where tests and duplicates are looked for. */
  kind: 'code' | 'markup' | 'data' | 'prose';
  /** Endings of file names without the dot, in lower case. */
  extensions: readonly string[];
  /** Whole names of files that have no telling ending. */
  names?: readonly string[];
}

/** The language that a file's name says; undefined for a name that says nothing. The content is never looked at. */
export function languageOf(path: string): Language | undefined {
  return BY_NAME.get(baseOf(path)) ?? BY_EXTENSION.get(extensionOf(path));
}

const code = (name: string, extensions: string[], names: string[] = []): Language => ({
  name,
  kind: 'code',
  extensions,
  names,
});

const LANGUAGES: readonly Language[] = [
  code('TypeScript', ['ts', 'tsx', 'mts', 'cts']),
  code('JavaScript', ['js', 'jsx', 'mjs', 'cjs']),
  code('Python', ['py', 'pyi']),
  code('Go', ['go']),
  code('Rust', ['rs']),
  code('Java', ['java']),
  code('Kotlin', ['kt', 'kts']),
  code('Scala', ['scala', 'sc']),
  code('C', ['c', 'h']),
  code('C++', ['cc', 'cpp', 'cxx', 'hh', 'hpp', 'hxx']),
  code('C#', ['cs']),
  code('Objective-C', ['m', 'mm']),
  code('Swift', ['swift']),
  code('Ruby', ['rb', 'rake'], ['Gemfile', 'Rakefile']),
  code('PHP', ['php']),
  code('Perl', ['pl', 'pm']),
  code('Lua', ['lua']),
  code('R', ['r']),
  code('Julia', ['jl']),
  code('Dart', ['dart']),
  code('Elixir', ['ex', 'exs']),
  code('Erlang', ['erl', 'hrl']),
  code('Haskell', ['hs']),
  code('OCaml', ['ml', 'mli']),
  code('Clojure', ['clj', 'cljs', 'cljc']),
  code('F#', ['fs', 'fsx']),
  code('Groovy', ['groovy', 'gradle']),
  code('Zig', ['zig']),
  code('Shell', ['sh', 'bash', 'zsh']),
  code('PowerShell', ['ps1', 'psm1']),
  code('SQL', ['sql']),
  code('Vue', ['vue']),
  code('Svelte', ['svelte']),
  code('Terraform', ['tf']),
  code('Nix', ['nix']),
  code('Protocol Buffers', ['proto']),
  code('GraphQL', ['graphql', 'gql']),
  code('Makefile', ['mk'], ['Makefile', 'makefile', 'GNUmakefile']),
  code('Just', ['just'], ['justfile', 'Justfile']),
  code('Dockerfile', ['dockerfile'], ['Dockerfile', 'Containerfile']),
  code('CMake', ['cmake'], ['CMakeLists.txt']),
  { name: 'HTML', kind: 'markup', extensions: ['html', 'htm'] },
  { name: 'CSS', kind: 'markup', extensions: ['css', 'scss', 'sass', 'less'] },
  { name: 'XML', kind: 'data', extensions: ['xml', 'xsd', 'xsl', 'svg'] },
  { name: 'JSON', kind: 'data', extensions: ['json', 'jsonc', 'json5', 'jsonl', 'ndjson'] },
  { name: 'YAML', kind: 'data', extensions: ['yaml', 'yml'] },
  { name: 'TOML', kind: 'data', extensions: ['toml'] },
  { name: 'INI', kind: 'data', extensions: ['ini', 'cfg', 'properties'] },
  { name: 'CSV', kind: 'data', extensions: ['csv', 'tsv'] },
  { name: 'Markdown', kind: 'prose', extensions: ['md', 'mdx', 'markdown'] },
  { name: 'reStructuredText', kind: 'prose', extensions: ['rst'] },
  { name: 'AsciiDoc', kind: 'prose', extensions: ['adoc', 'asciidoc'] },
  { name: 'TeX', kind: 'prose', extensions: ['tex'] },
  { name: 'Text', kind: 'prose', extensions: ['txt'] },
];

const BY_EXTENSION = new Map(
  LANGUAGES.flatMap((language) => language.extensions.map((ext) => [ext, language] as const)),
);
const BY_NAME = new Map(
  LANGUAGES.flatMap((language) => (language.names ?? []).map((name) => [name, language] as const)),
);
