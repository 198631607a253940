import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandsOf } from '../../scripts/docs/commands.mjs';
import { parsePlanFile } from '../../src/contract/schemas/plan-file.js';
import type { TaskDraft } from '../../src/contract/plan.js';
import { SKILL_NAMES } from '../../src/contract/skills.js';
import { configSchema } from '../../src/local/config-schema.js';
import { compilePlan } from '../../src/planning/compile.js';
import { read, sources } from './sources.js';

const OWN_SKILLS: readonly string[] = SKILL_NAMES.map(({ name }) => name);
const PROJECT = resolve(import.meta.dirname, '../..');
const IMAGE_BYTES = 300_000;
const below = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`);
const documents = ['README.md', 'CONTRIBUTING.md', ...below.filter((path) => path.endsWith('.md'))];

/** Code blocks of a document with their language. */
function blocks(path: string): { language: string; text: string }[] {
  return [...read(path).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

const allBlocks = documents.flatMap((path) => blocks(path).map((block) => ({ path, ...block })));

/** The anchors of a document's headings, as GitHub makes them. */
const anchorsOf = (path: string): string[] =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

describe('the commands in the documents', () => {
  const commands = commandsOf(sources.helpOf([]));
  const optionsOf = (command: string): string[] =>
    sources.helpOf(command === '' ? [] : [command]).match(/--[a-z][a-z-]*/g) ?? [];
  const options = new Map(['', ...commands].map((command) => [command, optionsOf(command)]));

  /** What is wrong with each use of `baton` in a text. */
  function wrongUses(text: string): string[] {
    return [...text.matchAll(/(?:^|&& |; |npx )baton ((?:[a-z]+|--[a-z-]+)\b[^\n`|&;]*)/gm)].flatMap(
      ([, rest = '']) => {
        const [first = '', ...words] = rest.replace(/"[^"]*"|'[^']*'/g, 'TEXT').split(/\s+/);
        const command = first.startsWith('--') ? '' : first;
        const known = options.get(command);
        if (!known) return [`baton ${first}`];
        const end = words.indexOf('--');
        const given = [first, ...(end < 0 ? words : words.slice(0, end))].filter((word) => /^--[a-z]/.test(word));
        return given.filter((option) => !known.includes(option)).map((option) => `baton ${command} ${option}`);
      },
    );
  }

  it('are found', () => {
    expect(commands).toContain('run');
    expect(commands.length).toBeGreaterThan(15);
    expect(wrongUses('baton run --plan x')).toEqual([]);
    expect(wrongUses('baton fly\nbaton run --later 1\nbaton plan "a --b" --json')).toEqual([
      'baton fly',
      'baton run --later',
    ]);
  });

  it('exist, with their options', () => {
    const code = (path: string): string =>
      [...blocks(path).filter(({ language }) => language === 'sh'), ...inlineCode(path)]
        .map(({ text }) => text)
        .join('\n');
    const inlineCode = (path: string): { text: string }[] =>
      [
        ...read(path)
          .replace(/^```[\s\S]*?^```$/gm, '')
          .matchAll(/`([^`\n]+)`/g),
      ].map(([, text = '']) => ({ text }));
    const wrong = documents.flatMap((path) => wrongUses(code(path)).map((use) => `${path}: ${use}`));
    expect(wrong).toEqual([]);
  });
});

describe('the examples in the documents', () => {
  const yaml = allBlocks.filter(({ language }) => language === 'yaml');
  const plans = yaml.filter(({ text }) => /^tasks:/m.test(text));
  const configurations = yaml.filter(({ text }) => !/^tasks:/m.test(text));

  it('are found', () => {
    expect(plans.length).toBeGreaterThan(5);
    expect(configurations.length).toBeGreaterThan(0);
  });

  it('that are plans are accepted', () => {
    for (const { path, text } of plans) {
      const draft = parsePlanFile(text, { file: path });
      // Skills of a workspace or a server are of somebody else's; they stand for an agent's task here.
      const tasks = draft.tasks.map((task): TaskDraft => {
        const isOwn = task.action.kind !== 'skill' || OWN_SKILLS.includes(task.action.name);
        return isOwn ? task : { ...task, action: { kind: 'agent', prompt: 'Do it.' } };
      });
      expect(compilePlan({ ...draft, tasks }, { maxParallel: 10 }).tasks.length).toBe(draft.tasks.length);
    }
  });

  it('that are configurations are accepted', () => {
    for (const { text } of configurations) expect(configSchema.safeParse(parse(text)).error).toBeUndefined();
  });
});

describe('the documents', () => {
  it('link to headings that exist', () => {
    const broken = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\(([^)\s#]*)#([^)\s]+)\)/g)]
        .filter(([, target = '']) => !/^[a-z]+:/.test(target))
        .filter(([, target = '', anchor = '']) => {
          const document = target === '' ? path : join(dirname(path), target);
          return !existsSync(join(PROJECT, document)) || !anchorsOf(document).includes(anchor);
        })
        .map(([link]) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('can all be reached from the index', () => {
    const index = read('docs/README.md');
    const lost = below.filter((path) => path.endsWith('.md') && path !== 'docs/README.md');
    expect(lost.filter((path) => !index.includes(`(${path.slice('docs/'.length)})`))).toEqual([]);
  });

  it('show pictures that exist, and are not too large', () => {
    const shown = documents.flatMap((path) =>
      [...read(path).matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, target = '']) => join(dirname(path), target)),
    );
    const images = below.filter((path) => path.endsWith('.png'));
    expect(images.length).toBeGreaterThan(0);
    expect([...new Set(shown)].sort()).toEqual(images.sort());
    expect(images.filter((path) => statSync(join(PROJECT, path)).size > IMAGE_BYTES)).toEqual([]);
  });

  it('name every room of the sources', () => {
    const rooms = readdirSync(join(PROJECT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const text = read('docs/explanation/architecture.md');
    expect(rooms.filter(({ name }) => !text.includes(`| \`${name}\` |`)).map(({ name }) => name)).toEqual([]);
  });
});
