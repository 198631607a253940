import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Sandbox } from './harness.js';
import { failure, preview } from './shapes.js';

let sandbox: Sandbox;
let workspace: string;
beforeAll(() => {
  sandbox = new Sandbox();
  workspace = sandbox.repository('repo', {
    '.claude/agents/parser-expert.md':
      '---\nname: parser-expert\ndescription: Debugs parsers. Example: user: "it crashes"\ntools: Read, Edit\ncolor: red\n---\n\nYou know parsers.\n',
    '.claude/agents/bad.md': '---\nname: bad\ndescription: d\nmaxLoad: many\n---\n',
  });
});
afterEach(() => expect(sandbox.traces()).toEqual([]));
afterAll(() => sandbox.end());

const OWN = ['debugger', 'documenter', 'implementer', 'refactorer', 'reviewer', 'tester'];
const catalogue = z.strictObject({
  v: z.literal(1),
  agents: z.array(z.looseObject({ name: z.string(), source: z.string(), missing: z.string().nullable() })),
  overridden: z.array(z.unknown()),
  problems: z.array(z.looseObject({ path: z.string(), message: z.string() })),
});

describe('baton agents', () => {
  it('lists those of all sources, and what they lack', async () => {
    const { agents, problems } = catalogue.parse(await sandbox.json(['agents', '--workspace', workspace, '--json']));
    expect(agents.map(({ name, source }) => [name, source])).toEqual(
      [...OWN.map((name) => [name, 'built-in']), ['parser-expert', 'workspace']].sort(),
    );
    expect(new Set(agents.map(({ missing }) => missing))).toEqual(
      new Set(['Claude Code (npm install -g @anthropic-ai/claude-code)']),
    );
    expect(problems).toHaveLength(1);
    const { stdout, stderr } = await sandbox.baton(['agents'], { cwd: workspace });
    expect(stdout).toMatch(
      /^parser-expert +workspace +claude-code \(missing\) +code +Read, Edit +debugging \(inferred\)$/m,
    );
    expect(stderr).toContain('1 file cannot be used: baton agents check');
  });

  it('shows one with its prompt, and says which there are for a name that none has', async () => {
    const { code, stdout } = await sandbox.baton(['agents', 'show', 'parser-expert', '--workspace', workspace]);
    expect(code).toBe(0);
    expect(stdout).toContain('You know parsers.');
    const none = await sandbox.baton(['agents', 'show', 'nobody', '--json']);
    expect(none.code).toBe(2);
    const { error } = failure.parse(JSON.parse(none.stdout));
    expect(error).toMatchObject({ code: 'unknown_id', hint: `there are: ${OWN.join(', ')}; see: baton agents` });
  });

  it('checks the files: 0 without problems, else 2 with file, line and field', async () => {
    expect(await sandbox.baton(['agents', 'check'])).toMatchObject({ code: 0, stdout: '6 agents, no problems\n' });
    const { code, stderr } = await sandbox.baton(['agents', 'check', '--workspace', workspace]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${workspace}/.claude/agents/bad.md:4:1 maxLoad: `);
  });
});

describe('baton plan of a task for an agent', () => {
  const file = (): string =>
    sandbox.write('agents.json', {
      tasks: [
        { id: 'mend', prompt: 'The parser crashes. Find out why.', type: 'fix' },
        { id: 'docs', prompt: 'Describe it', capabilities: ['documentation'], dependencies: ['mend'] },
      ],
    });

  it('says who gets it and why, with all who were weighed', async () => {
    const found = preview.parse(await sandbox.json(['plan', '--plan', file(), '--workspace', workspace]));
    const [mend, docs] = found.plan.allocations;
    // Both can debug and are free; the workspace's own is no specialist, by its name.
    expect(mend).toMatchObject({
      agent: 'debugger',
      why: expect.stringContaining('debugging wanted by the type fix') as string,
    });
    expect(mend?.candidates?.slice(0, 2)).toMatchObject([
      { agent: 'debugger', score: 0.8, parts: { capability: 0.4, load: 0.3, performance: 0, specialization: 0.1 } },
      { agent: 'parser-expert', score: 0.7 },
    ]);
    expect(mend?.candidates).toHaveLength(OWN.length + 1);
    expect(docs).toMatchObject({ agent: 'documenter' });
    expect(found.plan.agents.map(({ name }) => name)).toEqual(['debugger', 'documenter']);
    const text = await sandbox.baton(['plan', '--plan', file(), '--workspace', workspace]);
    expect(text.stdout).toMatch(
      /^Agent of mend: debugger \(debugging wanted by the type fix; 0\.8, before parser-expert with 0\.7/m,
    );
    const mermaid = await sandbox.baton(['plan', '--plan', file(), '--workspace', workspace, '--mermaid']);
    expect(mermaid.stdout).toContain('docs - documenter');
  });

  it('binds the agent: another prompt in its file is another digest', async () => {
    const digest = async (): Promise<string> =>
      preview.parse(await sandbox.json(['plan', '--plan', file(), '--workspace', workspace])).plan.digest;
    const before = await digest();
    expect(await digest()).toBe(before);
    const own = '.claude/agents/debugger.md';
    const [one, other] = ['Be quick.', 'Be thorough.'].map(
      (prompt) => `---\nname: debugger\ndescription: Debugs\n---\n${prompt}\n`,
    );
    const first = sandbox.repository('changing', { [own]: one ?? '' });
    const at = async (folder: string): Promise<string> =>
      preview.parse(await sandbox.json(['plan', '--plan', file(), '--workspace', folder])).plan.digest;
    const with1 = await at(first);
    sandbox.write(`changing/${own}`, other ?? '');
    expect(await at(first)).not.toBe(with1);
  });

  it('lacks nothing where claude is on the PATH', async () => {
    const claude = sandbox.write('programs/claude', '#!/bin/sh\n');
    chmodSync(claude, 0o755);
    const { code, stderr } = await sandbox.baton(['plan', '--plan', file(), '--workspace', workspace], {
      env: { PATH: `${dirname(claude)}:${process.env['PATH'] ?? ''}` },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
