import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveCache } from '../../src/local/home.js';
import { call, say, scriptedMessages, textOf, type MessagesApi, type Turn } from '../agents/runtimes/messages-api.js';
import { claudeFolder } from '../agents/runtimes/real-claude.js';
import { crash, Installation, until } from './crash.js';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const claude = claudeFolder();
const title = 'reason' in claude ? `Claude Code (left out: ${claude.reason})` : 'Claude Code';

let place: Installation;
let api: MessagesApi;
/** What is left of each conversation's script, by the task that it is about. */
let scripts: Record<string, Turn[]>;
/** Tasks whose agent waits for an answer that does not come. */
const waiting = new Set<string>();

beforeAll(async () => {
  if ('reason' in claude) return;
  const environment: Record<string, string> = {};
  place = new Installation(environment);
  cpSync(join(EXAMPLES, 'units'), place.workspace, { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Somebody');
  git('config', 'user.email', 'somebody@example.com');
  git('add', '--all');
  git('commit', '--quiet', '--message=The library');
  scripts = scriptsOf(join(realpathSync(place.folder), 'home', 'worktrees', 'five'));
  api = await scriptedMessages((seen) => {
    const text = textOf(seen);
    const task = text.includes('conflict markers')
      ? 'repair'
      : Object.keys(WORDS).find((id) => text.includes(WORDS[id]!));
    const turn = scripts[task ?? '']?.shift();
    if (turn?.kind === 'hang') waiting.add(task ?? '');
    return turn;
  });
  const [user, nowhere] = [join(place.folder, 'user'), 'http://127.0.0.1:9'];
  mkdirSync(user);
  Object.assign(environment, {
    PATH: `${claude.folder}:${process.env['PATH'] ?? ''}`,
    HOME: user,
    XDG_CACHE_HOME: dirname(resolveCache()),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: 'sk-made-up-for-tests-0123456789',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
  });
});
afterAll(async () => {
  await api?.close();
  await place?.end();
});

const git = (...args: string[]): string => execFileSync('git', args, { cwd: place.workspace, encoding: 'utf8' });

/** What only the prompt of each task says. */
const WORDS: Record<string, string> = {
  inches: 'Add inchesToCentimetres',
  kelvin: 'Add celsiusToKelvin',
  readme: 'Add a section',
  weight: 'Add src/weight.js',
  volume: 'Add src/volume.js',
};

const LAST_LINE = "export { celsiusToFahrenheit } from './temperature.js';\n";

/** All but `weight` wait for an answer until the worker is killed, and then go on. `trees` holds the agents' worktrees. */
function scriptsOf(trees: string): Record<string, Turn[]> {
  const hang: Turn = { kind: 'hang' };
  const at = (task: string, file: string): string => join(trees, `${task}.0`, file);
  const read = (task: string, file: string): Turn => call('Read', { file_path: at(task, file) }, `I read for ${task}.`);
  const write = (task: string, file: string, content: string): Turn =>
    call('Write', { file_path: at(task, file), content });
  const append = (task: string, file: string, last: string, more: string): Turn =>
    call('Edit', { file_path: at(task, file), old_string: last, new_string: `${last}${more}` });
  const exported = (name: string, file: string): string => `export { ${name} } from './${file}.js';\n`;
  const both = [exported('poundsToKilograms', 'weight'), exported('gallonsToLitres', 'volume')];
  return {
    inches: [
      read('inches', 'src/length.js'),
      append(
        'inches',
        'src/length.js',
        '* KILOMETRES_PER_MILE;\n}\n',
        functionOf('inchesToCentimetres', 'inches', '* 2.54'),
      ),
      hang,
      write('inches', 'test/inches.test.js', testOf('inchesToCentimetres', 'length', '1', '2.54')),
      say('Inches are there.'),
    ],
    kelvin: [
      read('kelvin', 'src/temperature.js'),
      append('kelvin', 'src/temperature.js', '/ 5 + 32;\n}\n', functionOf('celsiusToKelvin', 'celsius', '+ 273.15')),
      hang,
      write('kelvin', 'test/kelvin.test.js', testOf('celsiusToKelvin', 'temperature', '0', '273.15')),
      say('Kelvin is there.'),
    ],
    readme: [
      read('readme', 'README.md'),
      hang,
      append('readme', 'README.md', '| °C | °F |\n', '\n## Tests\n\n`npm test` runs them.\n'),
      say('The README says it.'),
    ],
    weight: [
      read('weight', 'src/index.js'),
      append('weight', 'src/index.js', LAST_LINE, both[0]!),
      write('weight', 'src/weight.js', functionOf('poundsToKilograms', 'pounds', '* 0.45359237').trimStart()),
      say('Weights are there.'),
    ],
    volume: [
      read('volume', 'src/index.js'),
      append('volume', 'src/index.js', LAST_LINE, both[1]!),
      hang,
      write('volume', 'src/volume.js', functionOf('gallonsToLitres', 'gallons', '* 3.785411784').trimStart()),
      say('Volumes are there.'),
    ],
    repair: [
      read('volume-repair', 'src/index.js'),
      write('volume-repair', 'src/index.js', [exported('milesToKilometres', 'length'), LAST_LINE, ...both].join('')),
      say('Both are there.'),
    ],
  };
}

const functionOf = (name: string, of: string, how: string): string =>
  `\nexport function ${name}(${of}) {\n  return ${of} ${how};\n}\n`;

const testOf = (name: string, file: string, from: string, to: string): string =>
  [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    `import { ${name} } from '../src/${file}.js';`,
    `test('${name}', () => assert.equal(${name}(${from}), ${to}));\n`,
  ].join('\n');

describe.skipIf('reason' in claude)(`the example with five agents of ${title}`, () => {
  it('is done by all of them, in their sessions after the worker was killed, in one line of commits that passes the tests', async () => {
    await place.submit('five', join(EXAMPLES, 'five-agents.yaml'));
    const status = async (id: string) => (await place.status('five')).tasks.find((task) => task.id === id)?.status;
    await until('four that wait', () => waiting.size === 4, 90_000);
    await until('the fifth', async () => (await status('weight')) === 'completed', 60_000);
    // The sessions are in heartbeats within a second.
    await sleep(2000);
    const [worker, before] = [place.record('worker'), api.requests.length];
    crash([worker]);
    await place.another('worker', worker);
    const view = await place.ended('five', 120_000);
    expect(view.tasks.map(({ id, status, note }) => [id, status, note])).toEqual([
      ...['inches', 'kelvin', 'readme', 'weight'].map((id) => [id, 'completed', undefined]),
      ['volume', 'completed', 'merged by volume-repair'],
      ['test', 'completed', undefined],
      ['volume-repair', 'completed', undefined],
    ]);
    expect(view.status).toBe('complete');

    const resumed = api.requests.slice(before).map(textOf);
    for (const id of ['inches', 'kelvin', 'readme', 'volume']) {
      const first = resumed.find((text) => text.includes(WORDS[id]!)) ?? '';
      expect(first).toMatch(new RegExp(`${WORDS[id]}.*I read for ${id}\\..*You were interrupted`, 's'));
    }
    expect([api.faults, Object.values(scripts).flat()]).toEqual([[], []]);

    const log = (format: string): string[] => git('log', `--format=${format}`, 'baton/five').trim().split('\n');
    const subjects = log('%s');
    expect([subjects.at(-1), subjects.at(-2), subjects[0]?.slice(0, 41)]).toEqual([
      'The library',
      'Convert pounds to kilograms',
      'Convert gallons to litres (merged with we',
    ]);
    expect(subjects.slice(1, -2).sort()).toEqual([
      'Convert degrees Celsius to kelvin',
      'Convert inches to centimetres',
      'Say in the README how to run the tests',
    ]);
    // Each has one parent.
    expect(
      log('%p')
        .slice(0, -1)
        .every((parents) => /^\w+$/.test(parents)),
    ).toBe(true);
    expect(new Set(log('%an'))).toEqual(new Set(['Somebody']));
    const index = git('show', 'baton/five:src/index.js');
    expect(index).toMatch(/poundsToKilograms[^]*gallonsToLitres/);
    expect(git('status', '--porcelain')).toBe('');
    expect(git('branch', '--list', 'baton-agents/*')).toBe('');
  });
});
