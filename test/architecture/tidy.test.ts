import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const LINES_MAX = 300;
const LINES_MEDIAN_MAX = 100;
const UNFINISHED = /\bFIXME\b|\bXXX\b|not implemented|placeholder/i;
/** Skills that look for such words in other people's files. */
const SEARCHES_FOR_WORDS = /^src\/agents\/skills\/(?:todo-comments|secret-rules)\.ts$/;
const DEVELOPER_PATH = /(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)(?!runner\b|node\b|you\b|me\b|baton\b)[a-z]\w*|\/root\//;
const SWITCHED_OFF = /\b(?:it|test|describe)\.(?:skip|only|todo)\b/;
const THIS_FILE = 'test/architecture/tidy.test.ts';
const NOT_OURS = ['node_modules/', 'dist/', 'coverage/', 'test/replay/histories/'];

/** Files of the project below `folder`, relative to its root: those that git knows or would add. */
function projectFiles(folder = '.'): string[] {
  return gitFiles(folder).filter(
    (path) => !NOT_OURS.some((prefix) => path.startsWith(prefix)) && existsSync(join(PROJECT, path)),
  );
}

function gitFiles(folder: string): string[] {
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', folder];
    return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' }).split('\0').filter(Boolean);
  } catch {
    // An unpacked archive has no git: everything but what is never part of the project counts.
    return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => relative(PROJECT, join(entry.parentPath, entry.name)));
  }
}

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const lineCount = (path: string): number => read(path).split('\n').length - 1;
const sources = projectFiles('src').filter((path) => path.endsWith('.ts'));
/** Files of agents are told to agents and have no title. */
const documents = projectFiles().filter((path) => path.endsWith('.md') && !path.startsWith('agents/'));

/** A document's lines without those inside code fences. */
function prose(text: string): string[] {
  let fenced = false;
  return text.split('\n').filter((line) => {
    const isFence = /^\s*(?:```|~~~)/.test(line);
    if (isFence) fenced = !fenced;
    return !isFence && !fenced;
  });
}

/** Front matter is data for the program, not part of the document. */
const withoutFrontMatter = (text: string): string => text.replace(/^---\n[\s\S]*?\n---\n/, '');

const titles = (text: string): string[] => prose(withoutFrontMatter(text)).filter((line) => /^# \S/.test(line));

/** Targets of relative links and images, without their anchors. */
function relativeLinks(text: string): string[] {
  const lines = prose(text).map((line) => line.replace(/`[^`]*`/g, ''));
  return [...lines.join('\n').matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^(?:[a-z][a-z+.-]*:|#)/i.test(target))
    .map((target) => decodeURIComponent(target.replace(/#.*$/, '')));
}

const brokenLinks = (path: string, text: string): string[] =>
  relativeLinks(text).filter((target) => !existsSync(resolve(PROJECT, dirname(path), target)));

describe('the sources', () => {
  it('are seen', () => {
    expect(sources.length).toBeGreaterThan(10);
  });

  it(`are at most ${LINES_MAX} lines long`, () => {
    expect(sources.filter((path) => lineCount(path) > LINES_MAX)).toEqual([]);
  });

  it(`have a median below ${LINES_MEDIAN_MAX} lines`, () => {
    const lengths = sources.map(lineCount).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(LINES_MEDIAN_MAX);
  });

  it('hold nothing that says it is unfinished', () => {
    expect(sources.filter((path) => UNFINISHED.test(read(path)) && !SEARCHES_FOR_WORDS.test(path))).toEqual([]);
  });
});

describe('the documents', () => {
  it('have exactly one title each', () => {
    expect(documents.filter((path) => titles(read(path)).length !== 1)).toEqual([]);
  });

  it('link only to files that exist', () => {
    const broken = documents.flatMap((path) => brokenLinks(path, read(path)).map((target) => `${path}: ${target}`));
    expect(broken).toEqual([]);
  });
});

describe('the tests', () => {
  it('are all switched on', () => {
    const tests = projectFiles('test').filter((path) => path.endsWith('.ts') && path !== THIS_FILE);
    expect(tests.filter((path) => SWITCHED_OFF.test(read(path)))).toEqual([]);
  });
});

describe('every text of the project', () => {
  const texts = projectFiles().filter(
    (path) => /\.(?:[cm]?[jt]s|json|ya?ml|md|sh)$|^\.ci\//.test(path) && path !== 'package-lock.json',
  );

  it('names no path of the checkout that it was written in', () => {
    expect(texts.filter((path) => read(path).includes(`${PROJECT}/`))).toEqual([]);
  });

  it("names no person's home folder outside of the tests", () => {
    const named = texts.filter((path) => !path.startsWith('test/'));
    expect(named.filter((path) => DEVELOPER_PATH.test(read(path)))).toEqual([]);
  });
});

describe('what these checks look for', () => {
  it('is found where it is', () => {
    expect(
      ['// FIXME later', 'throw new Error("Not implemented")', 'a placeholder'].every((text) => UNFINISHED.test(text)),
    ).toBe(true);
    expect(['it.only(', 'describe.skip(', 'test.todo('].every((text) => SWITCHED_OFF.test(text))).toBe(true);
    expect(['/home/alice/x', '/Users/bob', 'C:\\Users\\carol'].every((text) => DEVELOPER_PATH.test(text))).toBe(true);
    expect(titles('---\nname: a\n---\n# One\n```sh\n# a comment\n```\n## Part\n# Two\n')).toEqual(['# One', '# Two']);
    expect(brokenLinks('docs/a.md', '[a](b.md) [c](../package.json#x) [d](https://x.org) `[e](f.md)`')).toEqual([
      'b.md',
    ]);
  });
});
