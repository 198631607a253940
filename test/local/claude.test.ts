import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findClaude } from '../../src/local/claude.js';
import { temporaryFolder } from './helpers/folders.js';

function withClaude(script: string): { PATH: string; program: string } {
  const folder = temporaryFolder();
  const program = join(folder, 'claude');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${folder}:/usr/bin:/bin`, program };
}

it('Claude Code is found with its path and version', async () => {
  const { PATH, program } = withClaude('echo "2.1.329 (Claude Code)"');
  expect(await findClaude({ PATH })).toEqual({ kind: 'found', path: program, version: '2.1.329' });
});

it('one that does not run counts as absent, and why is said', async () => {
  const { PATH, program } = withClaude('echo "native binary not installed" >&2; exit 1');
  const reason = `${program} does not tell its version: native binary not installed`;
  expect(await findClaude({ PATH })).toEqual({ kind: 'absent', reason });
});

it('none on PATH is absent', async () => {
  expect(await findClaude({ PATH: '/no/such/folder' })).toMatchObject({ kind: 'absent' });
});
