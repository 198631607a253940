import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/contract/errors.js';
import { LIMITS } from '../../src/contract/limits.js';
import { parseAgentFile } from '../../src/contract/schemas/agent-file.js';
import type { AgentSource } from '../../src/contract/agent.js';

const file = (front: string, body = 'Be good.\n'): string => `---\n${front}\n---\n\n${body}`;
const parse = (text: string, source: AgentSource = 'user') => parseAgentFile(text, { path: '/a/x.md', source });
const PLAIN = 'name: x\ndescription: d';

function refusal(text: string, source: AgentSource = 'user'): string {
  try {
    parse(text, source);
  } catch (error) {
    if (error instanceof BatonError && error.code === 'bad_input' && error.hint) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('an agent’s file', () => {
  it('is read as Claude Code writes it', () => {
    const text = file(
      'name: code-reviewer\ndescription: Expert code review for TypeScript. Use after changes.\ntools: Read, Bash(git diff:*, git log:*), mcp__github__*\nmodel: sonnet\ncolor: purple\npermissionMode: bypassPermissions',
      'You are a reviewer.\n\n---\n\nMore.\n',
    );
    expect(parse(text, 'workspace')).toEqual({
      v: 1,
      name: 'code-reviewer',
      description: 'Expert code review for TypeScript. Use after changes.',
      capabilities: ['review', 'typescript'],
      inferred: true,
      specialization: 'review',
      runtime: 'claude-code',
      command: [],
      tools: ['Read', 'Bash(git diff:*, git log:*)', 'mcp__github__*'],
      mode: null,
      maxLoad: 3,
      model: 'sonnet',
      limits: {},
      prompt: 'You are a reviewer.\n\n---\n\nMore.',
      source: 'workspace',
      path: '/a/x.md',
    });
  });

  it('is read with every field of Baton’s', () => {
    const front = `${PLAIN}
capabilities: [TypeScript, " code  review "]
specialization: Review
runtime: command
command: [my-agent, --quiet]
maxLoad: 1
tools: []
limits: {timeLimit: 90s, maxTurns: 7}`;
    const read = parse(file(front));
    expect(read).toMatchObject({
      capabilities: ['typescript', 'code review'],
      specialization: 'review',
      runtime: 'command',
      command: ['my-agent', '--quiet'],
      maxLoad: 1,
      tools: [],
      limits: { timeLimitMs: 90_000, maxTurns: 7 },
    });
    expect(read).not.toHaveProperty('inferred');
  });

  it('is read with the line ends and the mark of Windows, and with nothing below', () => {
    expect(parse(`\uFEFF${file(PLAIN, 'One\nTwo\n')}`.replaceAll('\n', '\r\n')).prompt).toBe('One\nTwo');
    expect(parse(`---\n${PLAIN}\n---`).prompt).toBe('');
  });

  it('is read where a description holds a colon, as Claude Code’s own files do', () => {
    const description = String.raw`Use this for tests. Examples: <example>Context: a change.\nuser: "test it"</example>`;
    const read = parse(file(`name: t\ndescription: ${description}\ncapabilities: [a]`));
    expect(read.description).toBe(description.replaceAll('\\n', '\n'));
    expect(read.capabilities).toEqual(['a']);
  });

  it.each(['', '\ntools:', "\ntools: '*'"])('may only read where it names no tools (%j)', (tools) => {
    expect(parse(file(PLAIN + tools)).tools).toEqual(['Read', 'Grep', 'Glob']);
  });

  it.each([
    ['Read, Write, Bash', 'Write', ['Read', 'Bash']],
    ['Read, Bash', 'Bash(rm:*)', ['Read']],
    ['Bash(git diff:*), Bash(rm:*)', 'Bash(rm:*)', ['Bash(git diff:*)']],
    ['Read, Bash(git diff:*)', 'Bash', ['Read']],
    ['Read', "'*'", []],
  ])('with tools %s and without %s may use %j', (tools, without, left) => {
    expect(parse(file(`${PLAIN}\ntools: ${tools}\ndisallowedTools: ${without}`)).tools).toEqual(left);
  });

  it('leaves the model to the runtime with inherit', () => {
    expect(parse(file(`${PLAIN}\nmodel: inherit`)).model).toBeNull();
  });
});

describe('refused, with file, place and field, is', () => {
  it.each([
    ['no front matter', 'Just text', '/a/x.md: no front matter'],
    ['front matter without end', `---\n${PLAIN}\n`, '/a/x.md: no front matter'],
    ['no name', file('description: d'), '/a/x.md:2:1 name: '],
    ['an empty description', file('name: x\ndescription: " "'), '/a/x.md:3:1 description: empty'],
    ['a name like an option', file('name: "-x"\ndescription: d'), '/a/x.md:2:1 name: '],
    [
      'a tool like an option',
      file(`${PLAIN}\ntools: [Read, --dangerously-skip-permissions]`),
      '/a/x.md:4:15 tools[1]: ',
    ],
    ['tools without commas', file(`${PLAIN}\ntools: Read Write`), '/a/x.md:4:1 tools[0]: "Read Write" is no tool'],
    ['a tool with a line break', file(`${PLAIN}\ntools: ["Read\\n--x"]`), '/a/x.md:4:9 tools[0]: '],
    ['a tool that is not closed', file(`${PLAIN}\ntools: "Bash(git"`), '/a/x.md:4:1 tools[0]: '],
    ['a model like an option', file(`${PLAIN}\nmodel: --help`), '/a/x.md:4:1 model: '],
    ['a duration without unit', file(`${PLAIN}\nlimits: {timeLimit: 90}`), '/a/x.md:4:10 limits.timeLimit: '],
    ['an unknown limit', file(`${PLAIN}\nlimits: {turns: 9}`), '/a/x.md:4:10 limits.turns: unknown field'],
    ['a load of 0', file(`${PLAIN}\nmaxLoad: 0`), '/a/x.md:4:1 maxLoad: '],
    ['a command without program', file(`${PLAIN}\nruntime: command`), '/a/x.md:4:1 runtime: command: needs'],
    [
      'a program for Claude Code',
      file(`${PLAIN}\nruntime: claude-code\ncommand: [x]`),
      '/a/x.md:5:1 command: goes with',
    ],
    ['a name given twice', file(`${PLAIN}\nname: y`), '/a/x.md:4:1 name: given twice'],
    ['YAML that is none', file('name: [x'), '/a/x.md: '],
    [
      'too many tools',
      file(`${PLAIN}\ntools: [${'Read,'.repeat(LIMITS.agentTools + 1)}]`),
      '/a/x.md:4:1 tools: more than',
    ],
  ])('%s', (_, text, begins) => {
    expect(refusal(text).slice(0, begins.length)).toBe(begins);
  });

  it.each(['runtime: command\ncommand: [x]', 'command: [x]', 'runtime: command'])(
    'a program of a workspace: %j',
    (more) => {
      expect(refusal(file(`${PLAIN}\n${more}`), 'workspace')).toContain('a workspace may not name a program to run');
    },
  );
});
